#include "depot.h"

#define ALWAYS_WRITTEN ((size_t)1 << 17) /* up to here, writing zeros is faster than new pages */
#define MOST_WRITTEN ((size_t)1 << 25)   /* from here on, the zeros of the system are always faster */

enum { ZEROS_SURE = 5, ZEROS_TRIED = 16 };

static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static Depot *depots; /* all of them; with the lock above */

/* Take a parked block of a class off another shelf, or NULL. */
static Block *
take_from_others(Depot *depot, unsigned own, unsigned size_class)
{
    Block *block = NULL;
    for (unsigned i = 1; i < SHELVES && block == NULL; i++) {
        if (atomic_load_explicit(&depot->parked[size_class], memory_order_relaxed) <= 0) {
            break;
        }
        Shelf *shelf = &depot->shelves[(own + i) % SHELVES];
        pthread_mutex_lock(&shelf->lock);
        block = shelf_take_down(depot, shelf, size_class);
        pthread_mutex_unlock(&shelf->lock);
    }
    return block;
}

/* ---- taking ---- */

static void
note_use(Depot *depot, unsigned size_class)
{
    uint32_t now = atomic_fetch_add_explicit(&depot->uses, 1, memory_order_relaxed);
    atomic_store_explicit(&depot->used_at[size_class], now, memory_order_relaxed);
}

static void
count_taken(Shelf *shelf, size_t bytes, bool was_parked)
{
    shelf->counts.hits += was_parked;
    shelf->counts.misses += !was_parked;
    shelf->counts.bytes_taken += bytes;
    shelf->counts.bytes_hit += was_parked ? bytes : 0;
}

/* A parked block, in use now, or NULL. Either is counted. */
static Block *
take_parked(Depot *depot, unsigned size_class)
{
    unsigned own = shelf_own();
    Shelf *shelf = &depot->shelves[own];
    note_use(depot, size_class);
    pthread_mutex_lock(&shelf->lock);
    Block *block = shelf_take_down(depot, shelf, size_class);
    if (LIKELY(block != NULL) || SHELVES == 1) {
        count_taken(shelf, size_class_bytes(size_class), block != NULL);
        pthread_mutex_unlock(&shelf->lock);
    }
    else {
        pthread_mutex_unlock(&shelf->lock);
        block = take_from_others(depot, own, size_class);
        pthread_mutex_lock(&shelf->lock);
        count_taken(shelf, size_class_bytes(size_class), block != NULL);
        pthread_mutex_unlock(&shelf->lock);
    }
    if (LIKELY(block != NULL)) {
        assert(atomic_load(&block->state) == BLOCK_PARKED && block->size_class == size_class);
        atomic_store_explicit(&block->state, BLOCK_IN_USE, memory_order_relaxed);
    }
    return block;
}

Block *
depot_take(Depot *depot, unsigned size_class)
{
    Block *block = take_parked(depot, size_class);
    if (UNLIKELY(block == NULL)) {
        block = arena_take(size_class);
    }
    if (LIKELY(block != NULL)) {
        block->was_zeroed = false;
    }
    return block;
}

/* Whether arrays of zeros of this class are usually written to, or are small. */
static bool
are_zeros_used(Depot *depot, unsigned size_class, size_t size)
{
    return size <= ALWAYS_WRITTEN || atomic_load_explicit(&depot->zeros[size_class], memory_order_relaxed) > 0;
}

/* Whether to write zeros into a parked block. From time to time the system's zeros are used anyway, to observe the
   arrays again. The longer programs have used their arrays, the rarer this is, because page faults cost several times
   as much as writing. */
static bool
writes_zeros(Depot *depot, unsigned size_class, size_t size)
{
    if (size <= ALWAYS_WRITTEN || size >= MOST_WRITTEN) {
        return size <= ALWAYS_WRITTEN;
    }
    int8_t known = atomic_load_explicit(&depot->zeros[size_class], memory_order_relaxed);
    unsigned written = atomic_fetch_add_explicit(&depot->zeros_written[size_class], 1, memory_order_relaxed);
    if (written < (unsigned)ZEROS_TRIED << (known > 0 ? known : 0)) {
        return true;
    }
    atomic_store_explicit(&depot->zeros_written[size_class], 0, memory_order_relaxed);
    return false;
}

/* Count a vacant block that was handed out. */
static void
count_vacant(Depot *depot, unsigned size_class)
{
    Shelf *shelf = &depot->shelves[shelf_own()];
    note_use(depot, size_class);
    pthread_mutex_lock(&shelf->lock);
    count_taken(shelf, size_class_bytes(size_class), false);
    pthread_mutex_unlock(&shelf->lock);
}

Block *
depot_take_zeros(Depot *depot, unsigned size_class, size_t size)
{
    if (are_zeros_used(depot, size_class, size)) {
        Block *block = take_parked(depot, size_class);
        if (block != NULL) {
            block->was_zeroed = !writes_zeros(depot, size_class, size);
            if (block->was_zeroed) {
                arena_empty(block);
            }
            else {
                memset(block->memory, 0, size);
            }
            return block;
        }
    }
    else {
        count_vacant(depot, size_class);
    }
    Block *block = arena_take(size_class);
    if (block != NULL) {
        block->was_zeroed = true;
    }
    return block;
}

/* ---- returning ---- */

/* Record whether a block of the system's zeros was used. Returns whether it has pages. */
static bool
learn_zeros(Depot *depot, const Block *block)
{
    bool is_resident = arena_is_resident(block);
    int8_t known = atomic_load_explicit(&depot->zeros[block->size_class], memory_order_relaxed);
    if (is_resident) {
        known += known < ZEROS_SURE;
    }
    else {
        known = known > 0 ? 0 : (int8_t)(known - (known > -ZEROS_SURE));
    }
    atomic_store_explicit(&depot->zeros[block->size_class], known, memory_order_relaxed);
    return is_resident;
}

void
depot_return(Depot *depot, Block *block)
{
    unsigned size_class = block->size_class;
    note_use(depot, size_class);
    bool is_blank = block->was_zeroed && !learn_zeros(depot, block);
    bool is_large = size_class_bytes(size_class) > atomic_load_explicit(&depot->max_cap, memory_order_relaxed);
    bool is_kept = !is_blank && !is_large && shelf_claim_room(depot, size_class);
    Shelf *shelf = &depot->shelves[shelf_own()];
    if (!is_kept) {
        arena_vacate(block);
    }
    else {
        atomic_store_explicit(&block->state, BLOCK_PARKED, memory_order_relaxed);
    }
    pthread_mutex_lock(&shelf->lock);
    if (LIKELY(is_kept)) {
        shelf_put_up(depot, shelf, block);
    }
    shelf->counts.recycled += is_kept;
    shelf->counts.discarded_blank += is_blank;
    shelf->counts.discarded_large += is_large && !is_blank;
    shelf->counts.discarded_full += !is_kept && !is_blank && !is_large;
    pthread_mutex_unlock(&shelf->lock);
    size_t limit = shelf_limit(depot);
    if (UNLIKELY(atomic_load(&depot->parked_bytes) > limit)) {
        depot_trim(depot, limit); /* another thread has closed or resized it, before the block was parked */
    }
}

bool
depot_park_new(Depot *depot, unsigned size_class)
{
    size_t size = size_class_bytes(size_class);
    size_t most = atomic_load_explicit(&depot->max_bytes, memory_order_relaxed);
    if (size > atomic_load_explicit(&depot->max_cap, memory_order_relaxed) || size > most
        || atomic_load_explicit(&depot->parked_bytes, memory_order_relaxed) > most - size
        || !shelf_claim_room(depot, size_class)) {
        return false;
    }
    Block *block = arena_take(size_class);
    if (block == NULL) {
        atomic_fetch_sub_explicit(&depot->parked_bytes, size, memory_order_relaxed);
        return false;
    }
    memset(block->memory, 0, size); /* the system allocates pages when they are first written to */
    block->was_zeroed = false;
    atomic_store_explicit(&block->state, BLOCK_PARKED, memory_order_relaxed);
    Shelf *shelf = &depot->shelves[shelf_own()];
    pthread_mutex_lock(&shelf->lock);
    shelf_put_up(depot, shelf, block);
    pthread_mutex_unlock(&shelf->lock);
    return true;
}

/* ---- all depots ---- */

void
depots_trim_all(void)
{
    pthread_mutex_lock(&registry);
    for (Depot *depot = depots; depot != NULL; depot = depot->next) {
        depot_trim(depot, 0);
    }
    pthread_mutex_unlock(&registry);
    arena_shrink();
}

Depot *
depot_new(size_t min_bytes, size_t max_bytes)
{
    void *memory = NULL;
    if (posix_memalign(&memory, _Alignof(Depot), sizeof(Depot)) != 0) {
        return NULL;
    }
    Depot *depot = memset(memory, 0, sizeof(Depot));
    for (int i = 0; i < SHELVES; i++) {
        pthread_mutex_init(&depot->shelves[i].lock, NULL);
    }
    atomic_store(&depot->min_bytes, min_bytes);
    atomic_store(&depot->max_bytes, max_bytes);
    atomic_store(&depot->max_cap, SIZE_MAX);
    atomic_store(&depot->is_open, true);
    pthread_mutex_lock(&registry);
    depot->next = depots;
    depots = depot;
    pthread_mutex_unlock(&registry);
    return depot;
}

void
depot_free(Depot *depot)
{
    pthread_mutex_lock(&registry);
    Depot **place = &depots;
    while (*place != depot) {
        place = &(*place)->next;
    }
    *place = depot->next;
    pthread_mutex_unlock(&registry);
    depot_trim(depot, 0);
    for (int i = 0; i < SHELVES; i++) {
        pthread_mutex_destroy(&depot->shelves[i].lock);
    }
    free(depot);
}

DepotCounts
depot_counts(Depot *depot)
{
    DepotCounts sum = {0};
    for (int i = 0; i < SHELVES; i++) {
        pthread_mutex_lock(&depot->shelves[i].lock);
        const DepotCounts *counts = &depot->shelves[i].counts;
        sum.hits += counts->hits;
        sum.misses += counts->misses;
        sum.recycled += counts->recycled;
        sum.discarded_full += counts->discarded_full;
        sum.discarded_large += counts->discarded_large;
        sum.discarded_blank += counts->discarded_blank;
        sum.bytes_taken += counts->bytes_taken;
        sum.bytes_hit += counts->bytes_hit;
        pthread_mutex_unlock(&depot->shelves[i].lock);
    }
    return sum;
}

size_t
depot_parked(const Depot *depot)
{
    size_t count = 0;
    for (unsigned i = 0; i < SIZE_CLASSES; i++) {
        int32_t parked = atomic_load_explicit(&depot->parked[i], memory_order_relaxed);
        count += parked > 0 ? (size_t)parked : 0;
    }
    return count;
}

/* ---- forks ---- */

static void
before_fork(void)
{
    pthread_mutex_lock(&registry);
    for (Depot *depot = depots; depot != NULL; depot = depot->next) {
        for (int i = 0; i < SHELVES; i++) {
            pthread_mutex_lock(&depot->shelves[i].lock);
        }
    }
    arena_lock();
}

static void
after_fork(void)
{
    arena_unlock();
    for (Depot *depot = depots; depot != NULL; depot = depot->next) {
        for (int i = 0; i < SHELVES; i++) {
            pthread_mutex_unlock(&depot->shelves[i].lock);
        }
    }
    pthread_mutex_unlock(&registry);
}

/* In the child, forget the room that other threads had claimed for blocks that they had not parked yet. */
static void
after_fork_in_child(void)
{
    for (Depot *depot = depots; depot != NULL; depot = depot->next) {
        size_t bytes = 0;
        for (unsigned i = 0; i < SIZE_CLASSES; i++) {
            bytes += (size_t)atomic_load(&depot->parked[i]) * size_class_bytes(i);
        }
        atomic_store(&depot->parked_bytes, bytes);
    }
    after_fork();
}

bool
depots_init(void)
{
    static bool is_done;
    is_done = is_done || pthread_atfork(before_fork, after_fork, after_fork_in_child) == 0;
    return is_done;
}
