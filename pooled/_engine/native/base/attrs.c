#include "base/attrs.h"

/* Returns the number of members that `type` itself adds to its base, and sets `*members` to the first. `type.__new__`
   stores that number in the `ob_size` of the class. */
static Py_ssize_t
own_members(PyTypeObject *type, PyMemberDef **members)
{
    *members = type->tp_members;
    return *members == NULL ? 0 : Py_SIZE(type);
}

/* Whether a member is a slot from `__slots__`. */
static bool
is_slot(const PyMemberDef *member)
{
    return member->type == T_OBJECT_EX && !(member->flags & READONLY);
}

bool
slots_find(PyTypeObject *type, PyTypeObject *base, Slots *slots)
{
    Py_ssize_t room = 0;
    PyMemberDef *members;
    for (PyTypeObject *each = type; each != base; each = each->tp_base) {
        room += own_members(each, &members);
    }
    *slots = (Slots){PyMem_New(Py_ssize_t, room > 0 ? room : 1), 0};
    if (slots->offsets == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (PyTypeObject *each = type; each != base; each = each->tp_base) {
        Py_ssize_t count = own_members(each, &members);
        for (Py_ssize_t i = 0; i < count; i++) {
            if (is_slot(&members[i])) {
                slots->offsets[slots->count++] = members[i].offset;
            }
        }
    }
    return true;
}

void
slots_free(Slots *slots)
{
    PyMem_Free(slots->offsets);
    *slots = (Slots){NULL, 0};
}

/* Clear the values of an instance that has no dict. Releasing a value can run any code, but none of it can reach the
   instance and change `order` meanwhile. */
static void
values_empty(const CompatValues *values)
{
    int count = *values->count;
    *values->count = 0;
    for (int i = 0; i < count; i++) {
        int at = values->order[i * values->step];
        PyObject *value = values->items[at];
        values->items[at] = NULL;
        Py_XDECREF(value);
    }
}

void
attrs_empty(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        CompatValues values;
        if (LIKELY(compat_has_values(type) && compat_values(self, &values))) {
            values_empty(&values);
        }
        else {
            compat_drop_dict(self);
        }
    }
    else if (type->tp_dictoffset != 0) {
        PyObject **dict = _PyObject_GetDictPtr(self);
        if (dict != NULL) {
            Py_CLEAR(*dict);
        }
    }
}

/* Clear the slots that `type` itself adds to its base. */
static void
clear_own_slots(PyTypeObject *type, PyObject *self)
{
    PyMemberDef *members;
    Py_ssize_t count = own_members(type, &members);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (is_slot(&members[i])) {
            Py_CLEAR(*(PyObject **)((char *)self + members[i].offset));
        }
    }
}

void
attrs_free_dict(PyObject *self)
{
    if (LIKELY(Py_TYPE(self)->tp_flags & Py_TPFLAGS_MANAGED_DICT)) {
        compat_free_dict(self);
        return;
    }
    PyObject **dict = _PyObject_GetDictPtr(self);
    if (dict != NULL) {
        Py_CLEAR(*dict);
    }
}

void
attrs_free(PyObject *self, PyTypeObject *type, PyTypeObject *base)
{
    for (PyTypeObject *each = type; each != base; each = each->tp_base) {
        clear_own_slots(each, self);
    }
    bool has_own_dict = type->tp_flags & Py_TPFLAGS_MANAGED_DICT ? !(base->tp_flags & Py_TPFLAGS_MANAGED_DICT)
                                                                 : type->tp_dictoffset != 0 && base->tp_dictoffset == 0;
    if (has_own_dict) {
        attrs_free_dict(self);
    }
}
