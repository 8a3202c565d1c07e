/* Scrubbing: how an object is emptied as a whole, into the state in which the `__new__` of its class returns one. */

#ifndef POOLED_SCRUB_H
#define POOLED_SCRUB_H

#include "base/compat.h"
#include "pool/store.h"

/* How a store of STRATEGY_SCRUB treats an object that is a part of another. */
extern const NestedOps scrub_nested;

/* Empty an object that is unreachable and untracked. RECYCLED, or why it cannot be kept. */
Outcome scrub_object(PoolStore *store, PyObject *self);

/* Clear the slots and the dict of an object. */
static inline void
scrub_attributes(const Hook *hook, PyObject *self)
{
    slots_empty(&hook->slots, self);
    if (hook->has_dict) {
        attrs_empty(self);
    }
}

#endif
