/* The way home: what happens when the last reference to an object of a hooked class goes. */

#ifndef POOLED_DROP_H
#define POOLED_DROP_H

#include "compat.h"
#include "store.h"

/* The tp_dealloc of hooked classes. Subclasses of these that are not hooked get here too, by way of their own. */
void dealloc_pooled(PyObject *self);

/* Park an object of refcount 1 that is ready to be used again, with the caller's reference. False where the limits do
   not allow it, or somebody else holds it; then the caller still has the reference. */
bool park_ready(PoolStore *store, PyObject *self);

#endif
