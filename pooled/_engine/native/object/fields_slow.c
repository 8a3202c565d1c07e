#include "object/fields_slow.h"

#include "object/field.h"
#include "object/user_hooks.h"

/* The dict that an object has, borrowed; NULL where it has none. */
static PyObject *
dict_of(PyObject *self)
{
    if (Py_TYPE(self)->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        return compat_managed_dict(self);
    }
    PyObject **dict = _PyObject_GetDictPtr(self);
    return dict == NULL ? NULL : *dict;
}

/* The values that an object has in place of a dict; false where it has none. */
static bool
values_of(PyObject *self, CompatValues *values)
{
    return compat_has_values(Py_TYPE(self)) && compat_values(self, values);
}

/* Where a field is among the values of an object, NULL where that is not known. */
static PyObject **
value_of(const Field *field, const CompatValues *values)
{
    return field->offset == 0 && field->index >= 0 && field->index < values->room ? &values->items[field->index] : NULL;
}

/* The slot of a field, NULL where it has none. */
static PyObject **
slot_of(const Field *field, PyObject *self)
{
    return field->offset != 0 ? (PyObject **)((char *)self + field->offset) : NULL;
}

static void
free_entries(const Fields *fields, PyObject **entries)
{
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        Py_XDECREF(entries[i]);
    }
    PyMem_Free(entries);
}

/* What an object has, in its dict or among its values, of each field that is not in a slot, as new references, NULL where
   there is nothing. To be given to `free_entries`. NULL with an exception set: the dict may ask its keys, and these may be
   anything. */
static PyObject **
entries_of(const Fields *fields, PyObject *dict, const CompatValues *values)
{
    PyObject **entries = PyMem_Calloc((size_t)fields->count + 1, sizeof(PyObject *));
    if (entries == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        PyObject **value = values != NULL ? value_of(&fields->items[i], values) : NULL;
        if (value != NULL) {
            entries[i] = Py_XNewRef(*value);
        }
        if (dict == NULL || fields->items[i].offset != 0) {
            continue;
        }
        entries[i] = Py_XNewRef(PyDict_GetItemWithError(dict, fields->items[i].name));
        if (entries[i] == NULL && PyErr_Occurred()) {
            free_entries(fields, entries);
            return NULL;
        }
    }
    return entries;
}

/* ---- emptying ---- */

/* Have an object let go of its dict's entries. Whoever else has the dict keeps it as it is; `*dict` is NULL then. */
static void
let_go_of_entries(PyObject *self, PyObject **dict)
{
    if (*dict != NULL && compat_is_unique(*dict)) {
        gc_untrack_fast(*dict);
        PyDict_Clear(*dict);
    }
    else {
        attrs_empty(self);
        *dict = NULL;
    }
}

/* Have an object let go of all that is no part, before any part is looked at: it may be a part, too, of the same object.
   Of slots, those that are no fields first; not by the steps, which may be planned anew meanwhile. */
static void
let_go_of_others(const Fields *fields, PyObject *self, PyObject **entries)
{
    for (Py_ssize_t i = 0; i < fields->slots.count; i++) {
        if (!fields_has_slot(fields, fields->slots.offsets[i])) {
            Py_CLEAR(*(PyObject **)((char *)self + fields->slots.offsets[i]));
        }
    }
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        const Field *field = &fields->items[i];
        PyObject **slot = slot_of(field, self);
        if (field->kind == FIELD_PART) {
            continue;
        }
        if (slot != NULL) {
            Py_XSETREF(*slot, field->kind == FIELD_DEFAULT ? Py_NewRef(field->value) : NULL);
        }
        else {
            Py_CLEAR(entries[i]);
        }
    }
}

static Outcome
empty_entry(Fields *fields, Field *field, PoolStore *store, bool is_own, PyObject **entry)
{
    if (!is_own) {
        Py_CLEAR(*entry); /* it belongs to who has the dict */
    }
    return field_empty_part(fields, field, store, entry);
}

/* Put the parts that were kept back among the values, or into the dict, which nobody has seen since it was hidden, and untrack
   it again: putting something in has it tracked. Last of all, so that nothing runs meanwhile. False with an exception
   set. */
static bool
put_back_entries(const Fields *fields, PyObject *dict, const CompatValues *values, PyObject **entries)
{
    bool done = true;
    for (Py_ssize_t i = 0; values != NULL && i < fields->count; i++) {
        PyObject **value = value_of(&fields->items[i], values);
        if (fields->items[i].kind == FIELD_PART && value != NULL) {
            *value = Py_XNewRef(entries[i]); /* there is nothing there: they were emptied */
        }
    }
    if (values != NULL) {
        fields_set_order(fields, values);
    }
    for (Py_ssize_t i = 0; done && dict != NULL && i < fields->count; i++) {
        const Field *field = &fields->items[i];
        if (field->kind == FIELD_PART && field->offset == 0 && entries[i] != NULL) {
            done = PyDict_SetItem(dict, field->name, entries[i]) == 0;
        }
    }
    if (dict != NULL) {
        gc_untrack_fast(dict);
    }
    return done;
}

static Outcome
empty_between(Fields *fields, PoolStore *store, PyObject *self)
{
    CompatValues found;
    const CompatValues *values = values_of(self, &found) ? &found : NULL;
    PyObject *dict = dict_of(self);
    PyObject **entries = entries_of(fields, dict, values);
    if (entries == NULL) {
        return DISCARDED_ERROR;
    }
    let_go_of_entries(self, &dict);
    bool is_own = dict != NULL || values != NULL;
    let_go_of_others(fields, self, entries);
    Outcome outcome = RECYCLED;
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        Field *field = &fields->items[i];
        if (field->kind == FIELD_PART) {
            PyObject **slot = slot_of(field, self);
            Outcome one = slot != NULL ? field_empty_part(fields, field, store, slot)
                                    : empty_entry(fields, field, store, is_own, &entries[i]);
            outcome = one != RECYCLED ? one : outcome;
        }
    }
    if (!put_back_entries(fields, dict, values, entries)) {
        outcome = DISCARDED_ERROR;
    }
    free_entries(fields, entries);
    return outcome;
}

Outcome
fields_slow_empty(Fields *fields, PoolStore *store, PyObject *self)
{
    PyObject *pending = compat_take_exception();
    Outcome outcome = empty_between(fields, store, self);
    if (PyErr_Occurred()) {
        outcome = user_hooks_report(store, fields->type);
    }
    compat_put_exception(pending);
    return outcome;
}

/* ---- tracking ---- */

static void
track_between(Fields *fields, PyObject *self)
{
    CompatValues values;
    bool has_values = values_of(self, &values);
    PyObject *dict = dict_of(self);
    if (dict != NULL) {
        gc_track_fast(dict);
    }
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        Field *field = &fields->items[i];
        PyObject **place = slot_of(field, self);
        place = place == NULL && has_values ? value_of(field, &values) : place;
        PyObject *value = place != NULL ? *place : dict != NULL ? PyDict_GetItemWithError(dict, field->name) : NULL;
        if (field->kind == FIELD_PART && value != NULL && part_may_be(&field->part, value)) {
            part_track(&field->part, value);
        }
    }
}

void
fields_slow_track_parts(Fields *fields, PyObject *self)
{
    PyObject *pending = compat_take_exception();
    track_between(fields, self);
    PyErr_Clear();
    compat_put_exception(pending);
}

/* ---- making ready ---- */

/* Have a place be what it has to be. False with an exception set. */
static bool
make_place_ready(const Field *field, PyObject **place, PyObject *given)
{
    bool done = field->kind == FIELD_UNSET || given != NULL || field_make_ready(field, place);
    if (field->kind == FIELD_PART && *place != NULL && part_may_be(&field->part, *place)) {
        part_track(&field->part, *place);
    }
    if (given != NULL) {
        Py_XSETREF(*place, Py_NewRef(given));
    }
    return done;
}

/* What is given for a field, borrowed; NULL where nothing is. */
static PyObject *
given_for(const Fields *fields, const Field *field, PyObject *const *given, PyObject *keywords)
{
    for (Py_ssize_t i = 0; keywords != NULL && i < PyTuple_GET_SIZE(keywords); i++) {
        if (fields_find_keyword(fields, PyTuple_GET_ITEM(keywords, i)) == field) {
            return given[i];
        }
    }
    return NULL;
}

/* Have the collector see the parts from the field `first` on, which are to die instead of being used. */
static void
track_rest(Fields *fields, Py_ssize_t first, PyObject *self, PyObject **entries)
{
    for (Py_ssize_t i = first; i < fields->count; i++) {
        Field *field = &fields->items[i];
        PyObject **slot = slot_of(field, self);
        PyObject *value = slot != NULL ? *slot : entries[i];
        if (field->kind == FIELD_PART && value != NULL && part_may_be(&field->part, value)) {
            part_track(&field->part, value);
        }
    }
}

bool
fields_slow_make_ready(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords)
{
    CompatValues values;
    PyObject *dict = dict_of(self);
    PyObject **entries = entries_of(fields, dict, values_of(self, &values) ? &values : NULL);
    if (entries == NULL) {
        fields_slow_track_parts(fields, self);
        return false;
    }
    if (dict != NULL) {
        gc_track_fast(dict); /* it was hidden, and goes now */
    }
    attrs_empty(self); /* they are set anew, in the order in which __init__ sets them */
    bool done = true;
    Py_ssize_t i = 0;
    for (; done && i < fields->count; i++) {
        Field *field = &fields->items[i];
        PyObject **slot = slot_of(field, self);
        done = make_place_ready(field, slot != NULL ? slot : &entries[i], given_for(fields, field, given, keywords));
        if (done && slot == NULL && entries[i] != NULL) {
            done = PyObject_GenericSetAttr(self, field->name, entries[i]) == 0;
        }
    }
    track_rest(fields, i, self, entries);
    free_entries(fields, entries);
    return done;
}
