/* Emptying with the help of Python: how an object of refcount 0 is alive while `reset`, `capacity` or `empty` runs. */

#ifndef POOLED_RECYCLE_ALIVE_H
#define POOLED_RECYCLE_ALIVE_H

#include "base/compat.h"
#include "pool/store.h"

/* Empty or measure an object of refcount 0 by functions in Python. It belongs to `store` meanwhile. Sets `*alive` where
   somebody keeps a reference: then the object is no longer ours, and the result is what it counts as. COUNTED_ALREADY where
   it was detached, or assigned to another pool. */
Outcome recycle_empty_alive(PoolStore *store, PyObject *self, bool *alive);

#endif
