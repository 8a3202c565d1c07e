/* Emptying by Python functions: how an object of refcount 0 is kept alive while `reset`, `capacity` or `empty` runs. */

#ifndef POOLED_RECYCLE_ALIVE_H
#define POOLED_RECYCLE_ALIVE_H

#include "base/compat.h"
#include "pool/store.h"

/* Empty or measure an object of refcount 0 by functions in Python. It belongs to `store` meanwhile. Sets `*alive` if
   another reference exists: then the object is no longer ours, and the result is its outcome. COUNTED_ALREADY if it was
   detached, or assigned to another pool. */
Outcome recycle_empty_alive(PoolStore *store, PyObject *self, bool *alive);

#endif
