#include "paths/alloc.h"

#include "object/object_checks.h"
#include "paths/acquire_new.h"
#include "paths/acquire_parked.h"

/* A parked object in the state in which PyType_GenericAlloc returns one. NULL if there is none; in debug mode, an
   exception may be set. */
static PyObject *
pop_blank(PoolStore *store)
{
    store_hold(store); /* freeing the parts of the object may drop the last reference to the pool */
    CHECKED(object_check_path(store));
    PyObject *self = parked_pop(store);
    if (self != NULL) {
        compat_release_values(self);
    }
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

static inline PyObject *
allocate(Hook *hook, Py_ssize_t items)
{
    Receiver *receiver = &this_thread.receiver;
    if (receiver->store != NULL && receiver->store->hook == hook) {
        PoolStore *store = receiver->store;
        receiver->store = NULL;
        /* A `__new__` in Python may raise before any `__init__` runs. */
        PyObject *self = acquire_allocate(store, items, hook_new_is_in_c(hook) || store_takes_blank(store));
        Py_DECREF(store);
        return self;
    }
    PoolStore *store = hook->own_store;
    bool is_ready =
        store_takes_blank(store); /* otherwise it has the attributes that a reset keeps only after an `__init__`, which
                                     may never run */
    /* The tp_new of a base in C would overwrite the state of an object, and so leak it. `object` and `Generic` have none. */
    if (is_ready && hook->is_stateless) {
        PyObject *self = pop_blank(store);
        if (self != NULL || PyErr_Occurred()) {
            return self;
        }
    }
    return acquire_allocate(store, items, is_ready);
}

PyObject *
alloc_blank(PyTypeObject *type, Py_ssize_t items)
{
    Hook *hook = hook_of(type);
    if (UNLIKELY(hook == NULL)) {
        return PyType_GenericAlloc(type, items);
    }
    PyObject *self = allocate(hook, items);
    this_thread.receiver.allocated = self;
    return self;
}
