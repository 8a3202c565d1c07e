/* Scrubbing: how an object is emptied as a whole, so that it is as its class's `__new__` would make it. */

#ifndef POOLED_SCRUB_H
#define POOLED_SCRUB_H

#include "base/compat.h"
#include "pool/store.h"

/* What a store of STRATEGY_SCRUB does with an object that is an attribute of another. */
extern const NestedOps scrub_nested;

/* Empty an object that nobody can reach and the collector does not track: RECYCLED, or why it cannot be kept. */
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
