/* Fields: how an object is emptied in place and made ready again, field by field. */

#ifndef POOLED_FIELDS_H
#define POOLED_FIELDS_H

#include "base/attrs.h"
#include "base/compat.h"
#include "object/plan.h"
#include "pool/store.h"

/* What a store of STRATEGY_FIELDS or STRATEGY_KEEP does with an object that is an attribute of another. */
extern const NestedOps fields_nested;

/* Whether parts are worth keeping. They are not while all callers call the class, whose `__init__` makes new ones. */
static inline bool
fields_keep(const Fields *fields, const PoolStore *store)
{
    return store->blank_calls < BLANK_CALLS || fields->parts == fields->end || fields->strategy == STRATEGY_KEEP;
}

/* Empty an object that nobody can reach and the collector does not track, alive or of refcount 0: RECYCLED, or why it
   cannot be kept. Exceptions have been reported. */
Outcome fields_empty(Fields *fields, PoolStore *store, PyObject *self);

/* Give a blank or emptied object its defaults and parts, and what is given: values by keywords that all are known. Then
   track it. False with an exception set. */
bool fields_make_ready(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords);

/* Track the parts of an object that these fields may have emptied: it is going to be freed, or used in another way. */
void fields_track_parts(Fields *fields, PyObject *self);

/* Whether the values of an object that was emptied have no defaults: nothing was known of them then. */
static inline bool
is_left_blank(const Fields *fields, const CompatValues *values)
{
    return fields->has_entries && *values->count == 0;
}

/* Do what `fields_make_ready` does where nothing is given, if nothing has to be made for it; else false, and the object
   is hidden still. */
static inline bool
fields_make_ready_at_once(Fields *fields, PyObject *self)
{
    CompatValues values = {0};
    char *bases[BASES];
    if (UNLIKELY(fields->laters != fields->parts || !fields_find_bases(fields, self, bases, &values)
                 || is_left_blank(fields, &values))) {
        return false;
    }
    for (const Step *step = fields->parts, *end = fields->end; step < end; step++) {
        PyObject *value = *place_of_step(step, bases);
        if (UNLIKELY(value == NULL || step->part->kind >= PART_POOLABLE)) {
            return false; /* parts that are shown already do no harm */
        }
        compat_make_ref_local(value);
        part_track(step->part, value);
    }
    gc_track_fast(self);
    return true;
}

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
        outcome = DISCARDED_REFUSED; /* meanwhile its class was planned anew */
    }
    if (UNLIKELY(outcome != RECYCLED)) {
        fields_track_parts(fields, self);
    }
    return outcome;
}

#endif
