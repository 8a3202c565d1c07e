/* Fields of an object: how an object is emptied in place and made ready again, field by field. */

#ifndef POOLED_FIELDS_H
#define POOLED_FIELDS_H

#include "base/compat.h"
#include "object/plan.h"
#include "pool/store.h"

/* How a store of STRATEGY_FIELDS or STRATEGY_KEEP treats an object that is a part of another. */
extern const NestedOps fields_nested;

/* Make a plan that of a store, or NULL. The former one may be in use: the store keeps it. With all other threads stopped. */
void fields_exchange(PoolStore *store, Fields *fields);

/* Whether an object is emptied field by field, so that its parts and defaults are kept. That is not worthwhile while all
   callers need a blank object, in which an `__init__` or C code sets every field. */
static inline bool
fields_keep(const Fields *fields, const PoolStore *store)
{
    return compat_load_int(&store->blank_calls) < BLANK_CALLS || fields->strategy == STRATEGY_KEEP;
}

/* Empty an object that is unreachable and untracked, of refcount 0 or 1. RECYCLED, or why it cannot be kept. Exceptions
   have been reported. */
Outcome fields_empty(Fields *fields, PoolStore *store, PyObject *self);

/* Give an emptied object the parts that it did not keep, prepare the others, and track it. False with an exception set. */
bool fields_make_ready(Fields *fields, PyObject *self);

/* Track the parts of an object that this plan may have emptied. The object is going to be freed, or used in another
   way. */
void fields_track_parts(Fields *fields, PyObject *self);

/* Empty an object, and the container that it is, if its class inherits from one. The object is refused if code that ran
   meanwhile has replaced the plan. RECYCLED, or why it cannot be kept. */
static inline Outcome
fields_empty_object(PoolStore *store, PyObject *self)
{
    Fields *fields = store->fields;
    const Container *container = store->hook->container;
    if (UNLIKELY(container != NULL && !container->empty(container, self, &store->sparse))) {
        return DISCARDED_ERROR;
    }
    Outcome outcome = fields_empty(fields, store, self);
    if (UNLIKELY(outcome == RECYCLED && store->fields != fields)) {
        outcome = DISCARDED_REFUSED; /* the new plan would not fit the object */
    }
    if (UNLIKELY(outcome != RECYCLED)) {
        fields_track_parts(fields, self);
    }
    return outcome;
}

#endif
