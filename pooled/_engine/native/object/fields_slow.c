#include "object/fields_slow.h"

#include "object/field.h"
#include "object/user_hooks.h"

/* The dict of an object, borrowed, or NULL. */
static PyObject *
dict_of(PyObject *self)
{
    if (Py_TYPE(self)->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        return compat_managed_dict(self);
    }
    PyObject **dict = _PyObject_GetDictPtr(self);
    return dict == NULL ? NULL : *dict;
}

/* Find the values that an object has in place of a dict. False if it has none. */
static bool
values_of(PyObject *self, CompatValues *values)
{
    return compat_has_values(Py_TYPE(self)) && compat_values(self, values);
}

/* The place of a field in the values of an object, or NULL if it is unknown. */
static PyObject **
value_of(const Field *field, const CompatValues *values)
{
    return field->offset == 0 && field->index >= 0 && field->index < values->room ? &values->items[field->index] : NULL;
}

/* The slot of a field in an object, or NULL if the field has no slot. */
static PyObject **
slot_of(const Field *field, PyObject *self)
{
    return field->offset != 0 ? (PyObject **)((char *)self + field->offset) : NULL;
}

/* Release the references in an array from `entries_of`, and free the array. */
static void
free_entries(const Fields *fields, PyObject **entries)
{
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        Py_XDECREF(entries[i]);
    }
    PyMem_Free(entries);
}

/* Returns an array with a new reference to the value of each field that is in the dict or the values of an object. The
   item of a field in a slot, or that is unset, is NULL. `free_entries` frees the array. NULL with an exception set: a
   look-up in the dict can call the `__eq__` of any key. */
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

/* Clear the dict or the values of an object. A dict that has another owner is dropped unchanged, and `*dict` becomes
   NULL. */
static void
clear_dict_or_values(PyObject *self, PyObject **dict)
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

/* Release everything in an object that is not a part. This precedes the emptying of parts, because another attribute
   may refer to a part, which is then not unique. Slots that are not fields come first. The loop does not use the steps,
   which can be replaced meanwhile. */
static void
clear_other_fields(const Fields *fields, PyObject *self, PyObject **entries)
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
            Py_CLEAR(*slot);
        }
        else {
            Py_CLEAR(entries[i]);
        }
    }
}

/* Empty the part in an entry. `is_own`: no other owner has the dict that the entry comes from. */
static Outcome
empty_entry(Fields *fields, Field *field, PoolStore *store, bool is_own, PyObject **entry)
{
    if (!is_own) {
        Py_CLEAR(*entry); /* the part stays in the dict of the other owner */
    }
    return field_empty_part(fields, field, store, entry);
}

/* Put the parts that were kept back into the values or the dict. No code has seen the dict since it was untracked. An
   insertion tracks it, so it is untracked again. This is the last step, so no other code runs meanwhile. False with an
   exception set. */
static bool
put_back_entries(const Fields *fields, PyObject *dict, const CompatValues *values, PyObject **entries)
{
    bool done = true;
    for (Py_ssize_t i = 0; values != NULL && i < fields->count; i++) {
        PyObject **value = value_of(&fields->items[i], values);
        if (fields->items[i].kind == FIELD_PART && value != NULL) {
            *value = Py_XNewRef(entries[i]); /* the place is NULL: the values were cleared */
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

/* Empty an object. RECYCLED, or why it cannot be kept. An exception may be set. */
static Outcome
empty_by_name(Fields *fields, PoolStore *store, PyObject *self)
{
    CompatValues found;
    const CompatValues *values = values_of(self, &found) ? &found : NULL;
    PyObject *dict = dict_of(self);
    PyObject **entries = entries_of(fields, dict, values);
    if (entries == NULL) {
        return DISCARDED_ERROR;
    }
    clear_dict_or_values(self, &dict);
    bool is_own = dict != NULL || values != NULL;
    clear_other_fields(fields, self, entries);
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
    Outcome outcome = empty_by_name(fields, store, self);
    if (PyErr_Occurred()) {
        outcome = user_hooks_report(store, fields->type);
    }
    compat_put_exception(pending);
    return outcome;
}

/* ---- tracking ---- */

/* Track the dict and the parts of an object. An exception may be set. */
static void
track_by_name(Fields *fields, PyObject *self)
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
            part_track(field->part.kind, value);
        }
    }
}

void
fields_slow_track_parts(Fields *fields, PyObject *self)
{
    CompatValues values;
    bool has_dict = dict_of(self) != NULL;
    if (fields->slots.count == 0 && !has_dict && (!values_of(self, &values) || *values.count == 0)) {
        return; /* it has no attributes */
    }
    PyObject *pending = compat_take_exception();
    track_by_name(fields, self);
    PyErr_Clear();
    compat_put_exception(pending);
}

/* ---- making ready ---- */

/* Prepare the part in a place, or make one. False with an exception set. */
static bool
make_place_ready(const Field *field, PyObject **place)
{
    if (field->kind == FIELD_UNSET) {
        return true;
    }
    bool done = field_make_ready(field, place);
    if (*place != NULL && part_may_be(&field->part, *place)) {
        part_track(field->part.kind, *place);
    }
    return done;
}

/* Track the parts from the field `first` on. An earlier field failed, so they are freed and not used. */
static void
track_unused_parts(Fields *fields, Py_ssize_t first, PyObject *self, PyObject **entries)
{
    for (Py_ssize_t i = first; i < fields->count; i++) {
        Field *field = &fields->items[i];
        PyObject **slot = slot_of(field, self);
        PyObject *value = slot != NULL ? *slot : entries[i];
        if (field->kind == FIELD_PART && value != NULL && part_may_be(&field->part, value)) {
            part_track(field->part.kind, value);
        }
    }
}

/* Set an attribute of an instance without the descriptors of its class: the class may have got a property with a setter
   meanwhile. False with an exception set. */
static bool
set_attribute(PyObject *self, PyObject *name, PyObject *value)
{
    PyObject *found = compat_lookup(Py_TYPE(self), name);
    bool is_data = found != NULL && Py_TYPE(found)->tp_descr_set != NULL;
    Py_XDECREF(found);
    if (LIKELY(!is_data)) {
        return PyObject_GenericSetAttr(self, name, value) == 0;
    }
    PyObject *dict = PyObject_GenericGetDict(self, NULL);
    bool done = dict != NULL && PyDict_SetItem(dict, name, value) == 0;
    Py_XDECREF(dict);
    return done;
}

bool
fields_slow_make_ready(Fields *fields, PyObject *self)
{
    CompatValues values;
    PyObject *dict = dict_of(self);
    PyObject **entries = entries_of(fields, dict, values_of(self, &values) ? &values : NULL);
    if (entries == NULL) {
        fields_slow_track_parts(fields, self);
        return false;
    }
    if (dict != NULL) {
        gc_track_fast(dict); /* it was untracked, and is freed below */
    }
    attrs_empty(self); /* the attributes are set again in the order of `__init__` */
    bool done = true;
    Py_ssize_t i = 0;
    for (; done && i < fields->count; i++) {
        Field *field = &fields->items[i];
        PyObject **slot = slot_of(field, self);
        done = make_place_ready(field, slot != NULL ? slot : &entries[i]);
        if (done && slot == NULL && entries[i] != NULL) {
            done = set_attribute(self, field->name, entries[i]);
        }
    }
    track_unused_parts(fields, i, self, entries);
    free_entries(fields, entries);
    return done;
}
