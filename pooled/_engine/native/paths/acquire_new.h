/* New objects: how an object that was not parked is allocated and counted, and how it fails. */

#ifndef POOLED_ACQUIRE_NEW_H
#define POOLED_ACQUIRE_NEW_H

#include "base/compat.h"
#include "pool/store.h"

/* Allocate an object as the class did before it was hooked, and count it as a miss of `store`, to which it will return.
   With `is_ready` unset, it is destroyed if it is dropped before `acquire_finish`. */
PyObject *acquire_allocate(PoolStore *store, Py_ssize_t items, bool is_ready);

/* A new object from the tp_new of the class, which counts as a miss of `store` and will return there. A `__new__` in
   Python may return any object; then `*made` is unset, and the object is unchanged. `__init__` has not run. */
PyObject *acquire_make(PoolStore *store, PyObject *args, PyObject *kwargs, bool *made);

/* Count an object that was made without tp_alloc as a miss of `store`. NULL, with the reference dropped, where that fails. */
PyObject *acquire_count_unseen(PoolStore *store, PyObject *self);

/* The same as `acquire_make` for a class whose objects `object.__new__` makes: a new object of the class, always. */
PyObject *acquire_make_plain(PoolStore *store);

/* Declare the construction of an object finished: it can be recycled from now on. */
void acquire_finish(Hook *hook, PyObject *self);

/* Drop an object whose `__init__` or refill raised; it is counted as an error. Returns NULL; the exception stays set. */
PyObject *acquire_fail(PyObject *self);

#endif
