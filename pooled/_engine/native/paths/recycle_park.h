/* Parking: an emptied object goes onto a freelist. */

#ifndef POOLED_RECYCLE_PARK_H
#define POOLED_RECYCLE_PARK_H

#include "base/compat.h"
#include "object/object_checks.h"
#include "pool/store.h"

/* Push an object of refcount 0 onto the freelist, and count `outcome`. It gives up the reference to its class, so that the
   class can be collected. Returns RECYCLED or DISCARDED_FULL. */
static inline Outcome
park(PoolStore *store, PyObject *self, Outcome outcome)
{
    Freelist *freelist = store_freelist(store); /* look it up again: code may have run since */
    PyTypeObject *type = Py_TYPE(self);
    CHECKED(object_check_parked(store, self));
    if (UNLIKELY(freelist == NULL || !store_put(store, freelist, self, outcome))) {
        return DISCARDED_FULL;
    }
    Py_DECREF(type); /* the hook has another reference */
    return RECYCLED;
}

#endif
