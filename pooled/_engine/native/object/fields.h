/* Fields of an object: how an object is emptied in place and made ready again, field by field. */

#ifndef POOLED_FIELDS_H
#define POOLED_FIELDS_H

#include "base/compat.h"
#include "object/plan.h"
#include "pool/store.h"

/* How a store of STRATEGY_FIELDS or STRATEGY_KEEP treats an object that is a part of another. */
extern const NestedOps fields_nested;

/* Whether an object is emptied field by field, so that its parts and defaults are kept. That is not worthwhile while all
   callers need a blank object, in which an `__init__` or C code sets every field. */
static inline bool
fields_keep(const Fields *fields, const PoolStore *store)
{
    return store->blank_calls < BLANK_CALLS || fields->strategy == STRATEGY_KEEP;
}

/* Empty an object that is unreachable and untracked, of refcount 0 or 1. RECYCLED, or why it cannot be kept. Exceptions
   have been reported. */
Outcome fields_empty(Fields *fields, PoolStore *store, PyObject *self);

/* Set the defaults, the parts and the keyword arguments of a blank or emptied object, and track it. Each keyword must
   assign a field. `given` has their values. False with an exception set. */
bool fields_make_ready(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords);

/* Track the parts of an object that this plan may have emptied. The object is going to be freed, or used in another
   way. */
void fields_track_parts(Fields *fields, PyObject *self);

/* Whether an emptied object has no defaults: it was scrubbed, or the indices of its values were unknown. */
static inline bool
is_left_blank(const Fields *fields, const CompatValues *values, char *const *bases)
{
    bool has_default = fields->steps < fields->unsets;
    return (fields->has_entries && *values->count == 0)
           || (has_default && *place_of_step(fields->steps, bases) == NULL);
}

/* Do what `fields_make_ready` does without arguments, if all values are in place and have only to be tracked. Else
   false; then the object is still untracked. */
static inline bool
fields_make_ready_at_once(Fields *fields, PyObject *self)
{
    CompatValues values = {0};
    char *bases[BASES];
    if (UNLIKELY(fields->laters != fields->parts || !fields_find_bases(fields, self, bases, &values)
                 || is_left_blank(fields, &values, bases))) {
        return false;
    }
    for (const Step *step = fields->parts, *end = fields->end; step < end; step++) {
        PyObject *value = *place_of_step(step, bases);
        if (UNLIKELY(value == NULL || step->part->kind >= PART_POOLABLE)) {
            return false; /* the slow path does not mind parts that are tracked already */
        }
        compat_make_ref_local(value);
        part_track(step->part, value);
    }
    gc_track_fast(self);
    return true;
}

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
