/* Recycling: an object whose last reference was dropped is emptied and parked, or destroyed. */

#ifndef POOLED_RECYCLE_H
#define POOLED_RECYCLE_H

#include "base/compat.h"
#include "pool/store.h"

/* Recycle or destroy an object of refcount 0 of a hooked class. `moves` counts how often its own reset has moved it
   from one pool to another: 0 at the first call. */
void recycle_object(Hook *hook, PyObject *self, int moves);

/* Destroy an object whose outcome has been counted. `store` may have begun to empty it, or is NULL. */
void recycle_destroy_counted(Hook *hook, PoolStore *store, PyObject *self);

#endif
