#include "shelf.h"

unsigned
shelf_own(void)
{
#if defined(Py_GIL_DISABLED)
    static _Atomic unsigned threads;
    static _Thread_local unsigned own; /* 0: not chosen yet */
    if (UNLIKELY(own == 0)) {
        own = 1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % SHELVES;
    }
    return own - 1;
#else
    return 0;
#endif
}

Block *
shelf_take_down(Depot *depot, Shelf *shelf, unsigned size_class)
{
    Block *block = shelf->parked[size_class];
    if (block != NULL) {
        shelf->parked[size_class] = block->next;
        atomic_fetch_sub_explicit(&depot->parked[size_class], 1, memory_order_relaxed);
        size_t size = size_class_bytes(size_class);
        size_t left = atomic_fetch_sub_explicit(&depot->parked_bytes, size, memory_order_relaxed) - size;
        if (left < atomic_load_explicit(&depot->least_parked, memory_order_relaxed)) {
            atomic_store_explicit(&depot->least_parked, left, memory_order_relaxed);
        }
    }
    return block;
}

void
shelf_put_up(Depot *depot, Shelf *shelf, Block *block)
{
    block->next = shelf->parked[block->size_class];
    shelf->parked[block->size_class] = block;
    atomic_fetch_add_explicit(&depot->parked[block->size_class], 1, memory_order_relaxed);
}

/* ---- room ---- */

/* The class with parked blocks that was not used for longest; 0 if nothing is parked. */
static unsigned
coldest_class(const Depot *depot)
{
    uint32_t now = atomic_load_explicit(&depot->uses, memory_order_relaxed), longest = 0;
    unsigned coldest = 0;
    for (unsigned i = 1; i < SIZE_CLASSES; i++) {
        uint32_t idle = now - atomic_load_explicit(&depot->used_at[i], memory_order_relaxed);
        if (atomic_load_explicit(&depot->parked[i], memory_order_relaxed) > 0 && (coldest == 0 || idle > longest)) {
            coldest = i;
            longest = idle;
        }
    }
    return coldest;
}

/* Vacate a parked block of a class. Returns its bytes; 0 if other threads took all blocks meanwhile. */
static size_t
vacate_one(Depot *depot, unsigned size_class)
{
    Block *block = NULL;
    for (unsigned i = 0; i < SHELVES && block == NULL; i++) {
        pthread_mutex_lock(&depot->shelves[i].lock);
        block = shelf_take_down(depot, &depot->shelves[i], size_class);
        pthread_mutex_unlock(&depot->shelves[i].lock);
    }
    if (block == NULL) {
        return 0;
    }
    arena_vacate(block);
    return size_class_bytes(size_class);
}

bool
shelf_claim_room(Depot *depot, unsigned size_class)
{
    size_t size = size_class_bytes(size_class), most = shelf_limit(depot);
    while (size <= most) {
        if (LIKELY(atomic_fetch_add_explicit(&depot->parked_bytes, size, memory_order_relaxed) + size <= most)) {
            return true;
        }
        atomic_fetch_sub_explicit(&depot->parked_bytes, size, memory_order_relaxed);
        unsigned coldest = coldest_class(depot);
        if (coldest == 0 || coldest == size_class || vacate_one(depot, coldest) == 0) {
            return false;
        }
    }
    return false;
}

size_t
depot_trim(Depot *depot, size_t keep)
{
    size_t vacated = 0;
    while (atomic_load_explicit(&depot->parked_bytes, memory_order_relaxed) > keep) {
        unsigned coldest = coldest_class(depot);
        if (coldest == 0) {
            break; /* another thread is about to park a block for which it has claimed room */
        }
        vacated += vacate_one(depot, coldest) != 0;
    }
    return vacated;
}

size_t
depot_trim_idle(Depot *depot)
{
    size_t parked = atomic_load_explicit(&depot->parked_bytes, memory_order_relaxed);
    size_t idle = atomic_load_explicit(&depot->least_parked, memory_order_relaxed);
    size_t vacated = depot_trim(depot, parked - (idle < parked ? idle : parked) / 2);
    parked = atomic_load_explicit(&depot->parked_bytes, memory_order_relaxed);
    atomic_store_explicit(&depot->least_parked, parked, memory_order_relaxed);
    return vacated;
}

void
depot_trim_large(Depot *depot, size_t most)
{
    for (unsigned i = SIZE_CLASSES - 1; i > 0 && size_class_bytes(i) > most; i--) {
        while (vacate_one(depot, i) != 0) {
        }
    }
}
