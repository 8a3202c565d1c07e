/* The way own_store: what happens when the last reference to an object of a hooked class goes.

   Subclasses that are not hooked get this_thread too, by way of their own dealloc, which takes ours for that of their base. */

#ifndef POOLED_RECYCLE_H
#define POOLED_RECYCLE_H

#include "base/compat.h"
#include "pool/store.h"

/* The tp_dealloc for a class whose pool is `own_store`: one of several, by what its objects are made of. */
destructor recycle_dealloc_for(PoolStore *own_store);

/* Whether this is one of them. */
bool is_our_dealloc(destructor dealloc);

/* Whether anybody watches an object by a weak reference. */
static inline bool
has_weakrefs(PyObject *self)
{
    Py_ssize_t offset = Py_TYPE(self)->tp_weaklistoffset;
    return offset != 0 && *(PyObject **)((char *)self + offset) != NULL;
}

/* How many drops may be nested in one another on a thread; those further down wait for the outermost. Each takes some
   hundred bytes of the stack, and CPython's own deallocs, up to 50 of them, may stand in between. */
enum { DEEPEST = 64 };

/* Empty an object that nobody can reach and the collector does not see by the fields of its pool, and whatever container
   it is: RECYCLED, or why it cannot be kept. Then its parts are seen again. */
Outcome empty_by_fields(PoolStore *store, PyObject *self);

/* Make an object that nobody can reach and the collector does not see as its class's __new__ would. */
Outcome scrub_object(PoolStore *store, PyObject *self);

/* Park an object of refcount 1 that is ready to be used again and overridden UNCOUNTED, with the caller's reference. False
   where the limits do not allow it, or somebody else holds it; then the caller still has the reference. */
bool recycle_park_ready(PoolStore *store, PyObject *self);

#endif
