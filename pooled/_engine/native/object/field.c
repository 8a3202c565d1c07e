#include "object/field.h"

#include "object/user_hooks.h"

/* Returns a new untracked part like `value`, which is dropped. NULL if there is none; after an exception, which is
   reported, `*outcome` is set. */
static COLD PyObject *
make_replacement(Fields *fields, PoolStore *store, PyObject *value, Outcome *outcome)
{
    PyObject *pending = compat_take_exception();
    PyObject *made = PyObject_CallOneArg(fields->replace, value);
    if (made == NULL) {
        *outcome = user_hooks_report(store, fields->type);
    }
    else if (made == Py_None) {
        Py_CLEAR(made);
    }
    compat_put_exception(pending);
    if (made != NULL) {
        part_untrack(made);
    }
    return made;
}

/* Drop a part that was not kept, and replace it if nothing else would. RECYCLED, or why its object cannot be kept. */
static COLD Outcome
drop_part(Fields *fields, const Field *field, PoolStore *store, PyObject **place, PartOutcome kept)
{
    PyObject *value = *place, *other = NULL;
    Outcome outcome = kept == PART_ERROR ? DISCARDED_ERROR : RECYCLED;
    if (field->make == NULL && value != NULL && kept == PART_DROPPED) { /* the plan does not know how to make one */
        other = make_replacement(fields, store, value, &outcome);
    }
    if (outcome == RECYCLED && fields->strategy == STRATEGY_KEEP && other == NULL) {
        outcome = DISCARDED_REFUSED;
    }
    *place = other;
    if (value != NULL) {
        if (PyObject_IS_GC(value)) {
            gc_track_fast(value);
        }
        Py_DECREF(value);
    }
    return outcome;
}

Outcome
field_empty_part(Fields *fields, Field *field, PoolStore *store, PyObject **place)
{
    PyObject *value = *place;
    PartOutcome kept = UNLIKELY(value == NULL) ? PART_DROPPED : part_keep(&field->part, store, value);
    return LIKELY(kept == PART_KEPT) ? RECYCLED : drop_part(fields, field, store, place, kept);
}

bool
field_make_ready(const Field *field, PyObject **place)
{
    if (*place != NULL) {
        compat_make_ref_local(*place);
        return part_make_ready(&field->part, *place);
    }
    if (field->make == NULL) {
        return true; /* the attribute stays unset */
    }
    *place = part_make(&field->part, field->make);
    return LIKELY(*place != NULL) || (*place = part_make_again(&field->part, field->make)) != NULL;
}
