#include "pool/store.h"

#include <string.h>

Lock stores_lock;
PoolStore *stores;
bool stores_closed;

COLD Freelist *
store_find_freelist(PoolStore *store)
{
    Freelist *freelist = freelists_open(store->index, &store->freelist);
#if COMPAT_FREE_THREADED
    if (freelist == NULL && !store->is_local) {
        return &store->freelist;
    }
#else
    store->recent = freelist;
    store->recent_thread = freelist != NULL ? this_thread.thread : NO_THREAD;
#endif
    return freelist;
}

Py_ssize_t
store_count_parked(PoolStore *store)
{
    return freelists_count(&store->freelist, store->index);
}

void
store_sum_inits(PoolStore *store, uint64_t *inits)
{
#if COMPAT_FREE_THREADED
    Freelist sum = {.count = 0};
    freelists_sum(&store->freelist, store->index, &sum);
    memcpy(inits, sum.counts + FIRST_INIT, INIT_OUTCOMES * sizeof(uint64_t));
#else
    memcpy(inits, store->inits, sizeof(store->inits));
#endif
}

#if COMPAT_FREE_THREADED

void
store_close_fronts(PoolStore *store)
{
    ThreadState *cursor = NULL;
    for (Freelist *front; !store->is_local && (front = freelists_next(store->index, &cursor)) != NULL;) {
        depot_close(&store->freelist, front);
    }
}

static void
close_fronts(void *store)
{
    store_close_fronts(store);
}

/* The caller has a reference to the store: any code may run while the other threads are stopped and started. */
COLD void
store_gather(PoolStore *store)
{
    const Freelist *freelist = store_freelist(store);
    if (!store->is_local && !store_has_parked(store, freelist) && store_count_parked(store) != 0) {
        lock_run_exclusive(close_fronts, store);
    }
}

#else

void
store_close_fronts(PoolStore *Py_UNUSED(store))
{
}

#endif

PoolStore *
store_of_object(PyObject *obj)
{
    Hook *hook = hook_of(Py_TYPE(obj));
    if (hook == NULL) {
        return NULL;
    }
    Override override = overrides_find(&hook->overrides, obj);
    if (override.object == NULL) {
        return (PoolStore *)Py_NewRef(hook->own_store);
    }
    return override.disposition == UNCOUNTED ? NULL : (PoolStore *)Py_NewRef(override.store);
}

void
store_register(PoolStore *self)
{
    lock_acquire(&stores_lock);
    self->next = stores;
    if (stores != NULL) {
        stores->previous = self;
    }
    stores = self;
    lock_release(&stores_lock);
}

void
store_unregister(PoolStore *self)
{
    lock_acquire(&stores_lock);
    if (self->previous != NULL) {
        self->previous->next = self->next;
    }
    else if (stores == self) {
        stores = self->next;
    }
    if (self->next != NULL) {
        self->next->previous = self->previous;
    }
    self->next = self->previous = NULL;
    lock_release(&stores_lock);
}
