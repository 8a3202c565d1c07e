/* Parking: an emptied object goes onto a freelist. */

#ifndef POOLED_RECYCLE_PARK_H
#define POOLED_RECYCLE_PARK_H

#include "base/compat.h"
#include "object/object_checks.h"
#include "pool/store.h"

/* Put an object of refcount 0 on the freelist, and count `outcome`; the reference to its class goes, so that the class can be
   collected. */
static inline Outcome
park(PoolStore *store, PyObject *self, Outcome outcome)
{
    Freelist *freelist = store_freelist(store); /* anew: what ran since the last look may have changed it */
    PyTypeObject *type = Py_TYPE(self);
    CHECKED(object_check_parked(store, self));
    if (UNLIKELY(freelist == NULL || !store_put(store, freelist, self, outcome))) {
        return DISCARDED_FULL;
    }
    Py_DECREF(type); /* the hook has another */
    return RECYCLED;
}

#endif
