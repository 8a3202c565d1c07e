/* Taking: `take`, `try_take` and `orphan`. */

#ifndef POOLED_ACQUIRE_TAKE_H
#define POOLED_ACQUIRE_TAKE_H

#include "base/compat.h"
#include "pool/store.h"

/* A parked object as it was left when it was emptied, made ready with what is given: values by keywords. NULL, without an
   exception, where nothing is parked. */
PyObject *acquire_try_take(PoolStore *store, PyObject *const *given, PyObject *keywords);

/* The same, or a new object. */
PyObject *acquire_take(PoolStore *store, PyObject *const *given, PyObject *keywords);

/* cls(...), in no pool. */
PyObject *acquire_orphan(Hook *hook, PyObject *args, PyObject *kwargs);

#endif
