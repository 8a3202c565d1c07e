#include "by_name.h"

#include "asking.h"

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

/* What a dict has under the name of each field that is not in a slot, as new references, NULL where there is nothing. To
   be given to `free_entries`. NULL with an exception set: the dict may ask its keys, and these may be anything. */
static PyObject **
entries_of(const Fields *fields, PyObject *dict)
{
    PyObject **entries = PyMem_Calloc((size_t)fields->count + 1, sizeof(PyObject *));
    if (entries == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; dict != NULL && i < fields->count; i++) {
        if (fields->items[i].offset != 0) {
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
    if (*dict != NULL && compat_is_alone(*dict)) {
        hide(*dict);
        PyDict_Clear(*dict);
    }
    else {
        attributes_empty(self);
        *dict = NULL;
    }
}

static Fate
empty_entry(Fields *fields, Field *field, PoolStore *store, PyObject *dict, PyObject **entry)
{
    if (dict == NULL) {
        Py_CLEAR(*entry); /* it belongs to who has the dict */
    }
    return empty_part(fields, field, store, entry);
}

/* Put the parts that were kept back into the dict, which nobody has seen since it was hidden, and hide it again: putting
   something in has it tracked. Last of all, so that nothing runs meanwhile. False with an exception set. */
static bool
put_back_entries(const Fields *fields, PyObject *dict, PyObject **entries)
{
    bool done = true;
    for (Py_ssize_t i = 0; done && dict != NULL && i < fields->count; i++) {
        const Field *field = &fields->items[i];
        if (field->kind == IS_PART && field->offset == 0 && entries[i] != NULL) {
            done = PyDict_SetItem(dict, field->name, entries[i]) == 0;
        }
    }
    if (dict != NULL) {
        hide(dict);
    }
    return done;
}

static Fate
empty_between(Fields *fields, PoolStore *store, PyObject *self)
{
    PyObject *dict = dict_of(self);
    PyObject **entries = entries_of(fields, dict);
    if (entries == NULL) {
        return DISCARDED_ERROR;
    }
    let_go_of_entries(self, &dict);
    for (Py_ssize_t i = 0; i < fields->slots.count; i++) {
        if (!is_field_slot(fields, fields->slots.offsets[i])) {
            Py_CLEAR(*(PyObject **)((char *)self + fields->slots.offsets[i]));
        }
    }
    Fate fate = RECYCLED;
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        Field *field = &fields->items[i];
        PyObject **slot = slot_of(field, self);
        if (field->kind == IS_PART) {
            Fate one = slot != NULL ? empty_part(fields, field, store, slot)
                                    : empty_entry(fields, field, store, dict, &entries[i]);
            fate = one != RECYCLED ? one : fate;
        }
        else if (slot != NULL) {
            Py_XSETREF(*slot, field->kind == DEFAULT ? Py_NewRef(field->value) : NULL);
        }
    }
    if (!put_back_entries(fields, dict, entries)) {
        fate = DISCARDED_ERROR;
    }
    free_entries(fields, entries);
    return fate;
}

Fate
empty_by_name(Fields *fields, PoolStore *store, PyObject *self)
{
    PyObject *pending = compat_take_exception();
    Fate fate = empty_between(fields, store, self);
    if (PyErr_Occurred()) {
        fate = report_error(store, fields->type);
    }
    compat_put_exception(pending);
    return fate;
}

static void
show_between(Fields *fields, PyObject *self)
{
    PyObject *dict = dict_of(self);
    if (dict != NULL) {
        show(dict);
    }
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        Field *field = &fields->items[i];
        PyObject **slot = slot_of(field, self);
        PyObject *value = slot != NULL ? *slot : dict != NULL ? PyDict_GetItemWithError(dict, field->name) : NULL;
        if (field->kind == IS_PART && value != NULL && part_may_be(&field->part, value)) {
            part_show(&field->part, value);
        }
    }
}

void
show_parts_by_name(Fields *fields, PyObject *self)
{
    PyObject *pending = compat_take_exception();
    show_between(fields, self);
    PyErr_Clear();
    compat_put_exception(pending);
}

/* ---- making ready ---- */

/* Have a place be what it has to be. False with an exception set. */
static bool
make_place_ready(const Field *field, PyObject **place, PyObject *given)
{
    bool done = field->kind == UNSET || given != NULL || field_make_ready(field, place);
    if (field->kind == IS_PART && *place != NULL && part_may_be(&field->part, *place)) {
        part_show(&field->part, *place);
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
        if (field_by_keyword(fields, PyTuple_GET_ITEM(keywords, i)) == field) {
            return given[i];
        }
    }
    return NULL;
}

bool
make_ready_by_name(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords)
{
    PyObject *dict = dict_of(self);
    PyObject **entries = entries_of(fields, dict);
    if (entries == NULL) {
        return false;
    }
    if (dict != NULL) {
        show(dict); /* it was hidden, and goes now */
    }
    attributes_empty(self); /* they are set anew, in the order in which __init__ sets them */
    bool done = true;
    for (Py_ssize_t i = 0; done && i < fields->count; i++) {
        Field *field = &fields->items[i];
        PyObject **slot = slot_of(field, self);
        done = make_place_ready(field, slot != NULL ? slot : &entries[i], given_for(fields, field, given, keywords));
        if (done && slot == NULL && entries[i] != NULL) {
            done = PyObject_GenericSetAttr(self, field->name, entries[i]) == 0;
        }
    }
    free_entries(fields, entries);
    return done;
}
