#include "pool/store.h"

Lock stores_lock;
PoolStore *stores;
bool stores_closed;

COLD Freelist *
store_find_freelist(PoolStore *store)
{
    Freelist *freelist = freelists_open(store->index, &store->freelist);
#if !COMPAT_FREE_THREADED
    store->recent = freelist;
    store->recent_thread = freelist != NULL ? this_thread.thread : NO_THREAD;
#endif
    return freelist;
}

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
