#include "object/fields.h"

#include "base/attrs.h"
#include "object/field.h"
#include "object/fields_slow.h"
#include "object/scrub.h"

/* ---- places ---- */

/* The place of a field whose place is known. */
static inline PyObject **
place_of(const Field *field, char *const *bases)
{
    return field->offset != 0 ? (PyObject **)(bases[FROM_OBJECT] + field->offset)
                              : (PyObject **)bases[FROM_VALUES] + field->index;
}

/* Whether the places of all fields that the keywords assign are known. A keyword may name no field: the check of the given
   values is written in Python, and memory safety does not depend on it. */
static bool
places_known(const Fields *fields, PyObject *keywords)
{
    for (Py_ssize_t i = 0; keywords != NULL && i < PyTuple_GET_SIZE(keywords); i++) {
        const Field *field = fields_find_keyword(fields, PyTuple_GET_ITEM(keywords, i));
        if (field == NULL || !has_place(field)) {
            return false;
        }
    }
    return true;
}

/* ---- emptying ---- */

/* Clear the values that are not fields. Code that a released value runs cannot reach the object, so `order` does not
   change. */
static inline void
clear_other_values(const Fields *fields, const CompatValues *values)
{
    for (int i = 0; i < *values->count; i++) {
        int at = values->order[i * values->step];
        if (UNLIKELY(!(fields->shared >> at & 1))) {
            Py_CLEAR(values->items[at]);
        }
    }
}

/* Run the steps of a plan, whose places are known. RECYCLED, or why the object cannot be kept. */
static ALWAYS_INLINE Outcome
run_steps(Fields *fields, PoolStore *store, char *const *bases)
{
    const Step *step = fields->steps;
    for (; step < fields->unsets; step++) {
        field_set(place_of_step(step, bases), step->value);
    }
    for (; step < fields->parts; step++) {
        field_set(place_of_step(step, bases), NULL);
    }
    Outcome outcome = RECYCLED;
    for (const Step *end = fields->end; step < end; step++) {
        PyObject **place = place_of_step(step, bases), *value = *place;
        if (UNLIKELY(value == NULL || !part_keep_at_once(step->part, store, value))) {
            Outcome one = field_empty_part(fields, step->field, store, place);
            outcome = one != RECYCLED ? one : outcome;
        }
    }
    return outcome;
}

Outcome
fields_empty(Fields *fields, PoolStore *store, PyObject *self)
{
    CompatValues values = {0};
    char *bases[BASES];
    Outcome outcome;
    if (UNLIKELY(!fields_find_bases(fields, self, bases, &values))) {
        bool keeps_nothing = fields->parts == fields->end && fields->strategy == STRATEGY_FIELDS;
        if (keeps_nothing) {
            scrub_attributes(store->hook, self); /* its dict is of no use: new attributes are not put there */
        }
        outcome = keeps_nothing ? RECYCLED : fields_slow_empty(fields, store, self);
    }
    else if (fields->has_entries) {
        clear_other_values(fields, &values);
        outcome = run_steps(fields, store, bases);
        fields_set_order(fields, &values);
    }
    else {
        if (UNLIKELY(fields->has_dict)) {
            attrs_empty(self);
        }
        outcome = run_steps(fields, store, bases);
    }
    return outcome;
}

/* ---- making ready ---- */

/* Set all places to their defaults and parts, also those that a parked object has already: a blank object was not
   emptied field by field. False with an exception set. */
static bool
fill_places(Fields *fields, char *const *bases)
{
    for (Field *field = fields->items, *end = field + fields->count; field < end; field++) {
        if (field->kind != FIELD_UNSET && !field_make_ready(field, place_of(field, bases))) {
            return false;
        }
    }
    return true;
}

/* Assign the keyword arguments to their fields, whose places are known. */
static void
assign(const Fields *fields, char *const *bases, PyObject *const *given, PyObject *keywords)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); i++) {
        field_set(place_of(fields_find_keyword(fields, PyTuple_GET_ITEM(keywords, i)), bases), given[i]);
    }
}

/* Track the parts in their places. */
static inline void
track_parts(const Fields *fields, char *const *bases)
{
    for (const Step *step = fields->parts; step < fields->end; step++) {
        PyObject *value = *place_of_step(step, bases);
        if (LIKELY(value != NULL && part_may_be(step->part, value))) {
            part_track(step->part, value);
        }
    }
}

void
fields_track_parts(Fields *fields, PyObject *self)
{
    CompatValues values = {0};
    char *bases[BASES];
    if (fields_find_bases(fields, self, bases, &values)) {
        track_parts(fields, bases);
    }
    else {
        fields_slow_track_parts(fields, self);
    }
}

bool
fields_make_ready(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords)
{
    CompatValues values = {0};
    char *bases[BASES];
    bool done;
    if (UNLIKELY(!fields_find_bases(fields, self, bases, &values) || !places_known(fields, keywords))) {
        done = fields_slow_make_ready(fields, self, given, keywords);
    }
    else {
        done = fill_places(fields, bases);
        track_parts(fields, bases); /* before the arguments are assigned, which are not parts of the plan */
        if (done && keywords != NULL) {
            assign(fields, bases, given, keywords);
        }
        if (fields->has_entries) {
            fields_set_order(fields, &values);
        }
    }
    gc_track_fast(self);
    return done;
}

/* ---- objects that are parts of others ---- */

static bool
nested_needs_no_init(const PoolStore *store)
{
    return store->fields->completion != COMPLETION_ALWAYS;
}

static Outcome
nested_empty(PoolStore *store, PyObject *self)
{
    return fields_empty_object(store, self);
}

static bool
nested_make_ready(PoolStore *store, PyObject *self)
{
    return fields_make_ready(store->fields, self, NULL, NULL);
}

const NestedOps fields_nested = {nested_needs_no_init, nested_empty, nested_make_ready};
