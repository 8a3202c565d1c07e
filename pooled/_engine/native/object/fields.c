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

/* Clear the fields that are not parts. Returns how many of them were set in the values of the object. */
static ALWAYS_INLINE int
clear_fields(const Fields *fields, char *const *bases)
{
    int cleared = 0;
    for (const Step *step = fields->steps; step < fields->parts; step++) {
        PyObject **place = place_of_step(step, bases), *value = *place;
        if (LIKELY(value != NULL)) {
            *place = NULL;
            Py_DECREF(value);
            cleared += step->base;
        }
    }
    return cleared;
}

/* How many parts are in the values of the object. */
static ALWAYS_INLINE int
count_parts(const Fields *fields, char *const *bases)
{
    int count = 0;
    for (const Step *step = fields->parts; step < fields->end; step++) {
        count += *place_of_step(step, bases) != NULL ? step->base : 0;
    }
    return count;
}

/* List the parts as the only values that are set. */
static ALWAYS_INLINE void
list_parts(const Fields *fields, char *const *bases, const CompatValues *values)
{
    int count = 0;
    for (const Step *step = fields->parts; step < fields->end; step++) {
        if (LIKELY(step->base == FROM_VALUES && *place_of_step(step, bases) != NULL)) {
            values->order[count++ * values->step] = (uint8_t)step->field->index;
        }
    }
    *values->count = (uint8_t)count;
}

/* Empty the parts. RECYCLED, or why the object cannot be kept. */
static ALWAYS_INLINE Outcome
empty_parts(Fields *fields, PoolStore *store, char *const *bases)
{
    Outcome outcome = RECYCLED;
    for (const Step *step = fields->parts, *end = fields->end; step < end; step++) {
        PyObject **place = place_of_step(step, bases), *value = *place;
        if (UNLIKELY(value == NULL || !part_keep_at_once(&step->field->part, store, value))) {
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
        if (fields->strategy == STRATEGY_KEEP) {
            return fields_slow_empty(fields, store, self);
        }
        scrub_attributes(store->hook, self); /* its dict is of no use: new attributes are not put there */
        return RECYCLED;
    }
    if (fields->has_entries) {
        int cleared = clear_fields(fields, bases);
        if (UNLIKELY(*values.count != cleared + count_parts(fields, bases))) {
            clear_other_values(fields, &values); /* they may refer to a part */
        }
        outcome = empty_parts(fields, store, bases);
        list_parts(fields, bases, &values);
    }
    else {
        if (UNLIKELY(fields->has_dict)) {
            attrs_empty(self);
        }
        clear_fields(fields, bases);
        outcome = empty_parts(fields, store, bases);
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
            part_track(&step->field->part, value);
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
        if (fields->has_entries) {
            fields_set_order(fields, &values);
        }
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

typedef struct {
    PoolStore *store;
    Fields *fields;
} Installation;

/* With all other threads stopped. */
static void
install(void *argument)
{
    Installation *installation = argument;
    PoolStore *store = installation->store;
    if (store->fields != NULL) {
        store->fields->former = store->retired;
        store->retired = store->fields;
    }
    store->fields = (Fields *)Py_XNewRef(installation->fields);
    store->strategy = store->reset != NULL    ? STRATEGY_RESET
                      : store->fields != NULL ? store->fields->strategy
                                              : STRATEGY_SCRUB;
    store->nested = store->fields != NULL ? &fields_nested : &scrub_nested;
}

void
fields_install(PoolStore *store, Fields *fields)
{
    Installation installation = {store, fields};
    lock_run_exclusive(install, &installation);
}
