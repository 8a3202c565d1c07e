#include "object/fields.h"

#include "base/attrs.h"
#include "object/field.h"
#include "object/fields_slow.h"
#include "object/scrub.h"

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

/* Clear the fields that are not parts. Returns whether all of them were set. */
static ALWAYS_INLINE bool
clear_fields(const Fields *fields, char *const *bases)
{
    bool were_set = true;
    for (const Step *step = fields->steps, *end = fields->parts; step < end; step++) {
        PyObject **place = place_of_step(step, bases), *value = *place;
        if (LIKELY(value != NULL)) {
            *place = NULL;
            Py_DECREF(value);
        }
        else {
            were_set = false;
        }
    }
    return were_set;
}

/* Whether all parts are set. */
static ALWAYS_INLINE bool
has_parts(const Fields *fields, char *const *bases)
{
    for (const Step *step = fields->parts, *end = fields->end; step < end; step++) {
        if (UNLIKELY(*place_of_step(step, bases) == NULL)) {
            return false;
        }
    }
    return true;
}

/* List the parts that are left as the only values that are set. */
static COLD void
list_parts(const Fields *fields, char *const *bases, const CompatValues *values)
{
    int count = 0;
    for (const Step *step = fields->parts; step < fields->end; step++) {
        if (step->base == FROM_VALUES && *place_of_step(step, bases) != NULL) {
            values->order[count++ * values->step] = (uint8_t)step->field->index;
        }
    }
    *values->count = (uint8_t)count;
}

/* Empty the parts. `*has_all`: whether all of them are there afterwards. RECYCLED, or why the object cannot be kept. */
static ALWAYS_INLINE Outcome
empty_parts(Fields *fields, PoolStore *store, char *const *bases, bool *has_all)
{
    Outcome outcome = RECYCLED;
    *has_all = true;
    bool keeps_small = store->max_cap >= SMALL_CAPACITY;
    for (const Step *step = fields->parts, *end = fields->end; step < end; step++) {
        PyObject **place = place_of_step(step, bases), *value = *place;
        if (UNLIKELY(value == NULL || !keeps_small || !part_keep_at_once(step->kind, value))) {
            Outcome one = field_empty_part(fields, step->field, store, place);
            outcome = one != RECYCLED ? one : outcome;
            *has_all &= *place != NULL;
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
    bool has_all;
    if (UNLIKELY(!fields_find_bases(fields, self, bases, &values))) {
        if (fields->strategy == STRATEGY_KEEP) {
            return fields_slow_empty(fields, store, self);
        }
        scrub_attributes(store->hook, self); /* its dict cannot be reused: new attributes are not stored there */
        return RECYCLED;
    }
    if (fields->entries != 0) {
        bool were_set = clear_fields(fields, bases) && has_parts(fields, bases);
        if (UNLIKELY(!were_set || *values.count != fields->entries)) {
            clear_other_values(fields, &values); /* they may refer to a part */
        }
        outcome = empty_parts(fields, store, bases, &has_all);
        if (LIKELY(has_all)) {
            compat_set_order(&values, fields->part_order, fields->part_entries);
        }
        else {
            list_parts(fields, bases, &values);
        }
    }
    else {
        if (UNLIKELY(fields->has_dict)) {
            attrs_empty(self);
        }
        clear_fields(fields, bases);
        outcome = empty_parts(fields, store, bases, &has_all);
    }
    return outcome;
}

/* ---- making ready ---- */

void
fields_track_parts(Fields *fields, PyObject *self)
{
    CompatValues values = {0};
    char *bases[BASES];
    if (!fields_find_bases(fields, self, bases, &values)) {
        fields_slow_track_parts(fields, self);
        return;
    }
    for (const Step *step = fields->parts; step < fields->end; step++) {
        PyObject *value = *place_of_step(step, bases);
        if (LIKELY(value != NULL && part_may_be(&step->field->part, value))) {
            part_track(step->kind, value);
        }
    }
}

/* Prepare the parts of an object whose places are known. False with an exception set. */
static bool
prepare_parts(const Fields *fields, char *const *bases)
{
    for (const Step *step = fields->parts; step < fields->end; step++) {
        if (!field_make_ready(step->field, place_of_step(step, bases))) {
            return false;
        }
    }
    return true;
}

bool
fields_make_ready(Fields *fields, PyObject *self)
{
    CompatValues values = {0};
    char *bases[BASES];
    bool done;
    if (UNLIKELY(!fields_find_bases(fields, self, bases, &values))) {
        done = fields_slow_make_ready(fields, self);
    }
    else {
        done = prepare_parts(fields, bases);
        if (fields->entries != 0) {
            fields_set_order(fields, &values);
        }
        gc_track_fast(self);
        fields_track_parts(fields, self);
    }
    gc_track_fast(self);
    return done;
}

/* ---- objects that are parts of others ---- */

static bool
nested_needs_no_init(const PoolStore *store)
{
    return store->strategy == STRATEGY_KEEP;
}

static Outcome
nested_empty(PoolStore *store, PyObject *self)
{
    return fields_empty_object(store, self);
}

static bool
nested_make_ready(PoolStore *store, PyObject *self)
{
    return fields_make_ready(store->fields, self);
}

const NestedOps fields_nested = {nested_needs_no_init, nested_empty, nested_make_ready};

/* ---- stores ---- */

void
fields_exchange(PoolStore *store, Fields *fields)
{
    if (store->fields != NULL) {
        store->fields->former = store->retired;
        store->retired = store->fields;
    }
    store->fields = (Fields *)Py_XNewRef(fields);
    store->blank_calls = 0;
    store->strategy = store->reset != NULL    ? STRATEGY_RESET
                      : store->fields != NULL ? store->fields->strategy
                                              : STRATEGY_SCRUB;
    store->nested = store->fields != NULL ? &fields_nested : &scrub_nested;
}
