#include "handler.h"

Allocator plain;
void (*handler_low_memory)(void);

/* ---- memory of NumPy's own ---- */

/* Free the parked blocks, because an allocation has failed. It may succeed now, even if another thread has freed the
   blocks. */
static COLD void
free_parked(void)
{
    if (handler_low_memory != NULL) {
        handler_low_memory();
    }
    depots_trim_all();
}

static void *
plain_malloc(size_t size)
{
    void *memory = plain.malloc(plain.ctx, size);
    if (UNLIKELY(memory == NULL)) {
        free_parked();
        memory = plain.malloc(plain.ctx, size);
    }
    return memory;
}

static void *
plain_calloc(size_t count, size_t size)
{
    void *memory = plain.calloc(plain.ctx, count, size);
    if (UNLIKELY(memory == NULL)) {
        free_parked();
        memory = plain.calloc(plain.ctx, count, size);
    }
    return memory;
}

static void *
plain_realloc(void *memory, size_t size)
{
    void *moved = plain.realloc(plain.ctx, memory, size);
    if (UNLIKELY(moved == NULL)) {
        free_parked();
        moved = plain.realloc(plain.ctx, memory, size);
    }
    return moved;
}

/* ---- memory of a depot ---- */

static void *
depot_malloc(void *depot, size_t size)
{
    unsigned size_class = depot_class_for(depot, size);
    Block *block = LIKELY(size_class == 0) ? NULL : depot_take(depot, size_class);
    return block != NULL ? block->memory : plain_malloc(size);
}

static void *
depot_calloc(void *depot, size_t count, size_t size)
{
    size_t bytes;
    bool is_possible = !__builtin_mul_overflow(count, size, &bytes);
    unsigned size_class = is_possible ? depot_class_for(depot, bytes) : 0;
    Block *block = LIKELY(size_class == 0) ? NULL : depot_take_zeros(depot, size_class, bytes);
    return block != NULL ? block->memory : plain_calloc(count, size);
}

static void
depot_release(void *depot, void *memory, size_t size)
{
    Block *block = arena_find(memory); /* the size need not be that of the allocation */
    if (UNLIKELY(block != NULL)) {
        depot_return(depot, block);
    }
    else {
        plain.free(plain.ctx, memory, size);
    }
}

static void *
depot_realloc(void *depot, void *memory, size_t size)
{
    Block *block = memory == NULL ? NULL : arena_find(memory);
    if (block == NULL) {
        return plain_realloc(memory, size);
    }
    size_t room = size_class_bytes(block->size_class);
    if (size <= room && size > room / 2) {
        return memory;
    }
    void *moved = depot_malloc(depot, size);
    if (UNLIKELY(moved == NULL)) {
        return size <= room ? memory : NULL;
    }
    memcpy(moved, memory, size < room ? size : room);
    depot_return(depot, block);
    return moved;
}

void
handler_of_depot(Handler *handler, const char *name, Depot *depot)
{
    *handler = (Handler){.version = 1, .allocator = {depot, depot_malloc, depot_calloc, depot_realloc, depot_release}};
    strncpy(handler->name, name, sizeof(handler->name) - 1);
}

/* ---- observing ---- */

static void *
observer_malloc(void *observer, size_t size)
{
    observer_taken(observer, size);
    return plain.malloc(plain.ctx, size);
}

static void *
observer_calloc(void *observer, size_t count, size_t size)
{
    observer_taken(observer, count * size);
    return plain.calloc(plain.ctx, count, size);
}

static void *
observer_realloc(void *observer, void *memory, size_t size)
{
    (void)observer; /* the former size is unknown */
    return plain.realloc(plain.ctx, memory, size);
}

static void
observer_free(void *observer, void *memory, size_t size)
{
    if (memory != NULL) {
        observer_returned(observer, size);
    }
    plain.free(plain.ctx, memory, size);
}

void
handler_of_observer(Handler *handler, const char *name, Observer *observer)
{
    *handler = (Handler){
        .version = 1,
        .allocator = {observer, observer_malloc, observer_calloc, observer_realloc, observer_free},
    };
    strncpy(handler->name, name, sizeof(handler->name) - 1);
}
