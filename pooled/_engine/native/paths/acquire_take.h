/* Taking: `take`, `try_take` and `orphan`. */

#ifndef POOLED_ACQUIRE_TAKE_H
#define POOLED_ACQUIRE_TAKE_H

#include "base/compat.h"
#include "pool/store.h"

/* A parked object of a class with a reset, or with attributes to keep, if there are no arguments; else what cls(...) gives.
   NULL, without an exception, where nothing is parked. */
PyObject *acquire_try_take(PoolStore *store, PyObject *const *args, Py_ssize_t count, PyObject *names);

/* The same, or a new object. */
PyObject *acquire_take(PoolStore *store, PyObject *const *args, Py_ssize_t count, PyObject *names);

/* A parked object, or a new one, on which no `__init__` has run. For a class whose `__new__` is that of `object`. */
PyObject *acquire_bare(PoolStore *store);

/* cls(...), in no pool. */
PyObject *acquire_orphan(Hook *hook, PyObject *args, PyObject *kwargs);

#endif
