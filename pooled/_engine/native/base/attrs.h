/* Attributes: the slots and the dict of instances, emptied. */

#ifndef POOLED_ATTRS_H
#define POOLED_ATTRS_H

#include "base/compat.h"

/* Where the slots of a class are, its bases' among them. */
typedef struct {
    Py_ssize_t *offsets;
    Py_ssize_t count;
} Slots;

/* Find the slots that `type` has and `base` has not. False with MemoryError set. */
bool slots_find(PyTypeObject *type, PyTypeObject *base, Slots *slots);

void slots_free(Slots *slots);

static inline void
slots_empty(const Slots *slots, PyObject *self)
{
    for (Py_ssize_t i = 0; i < slots->count; i++) {
        PyObject **slot = (PyObject **)((char *)self + slots->offsets[i]);
        PyObject *value = *slot;
        if (value != NULL) {
            *slot = NULL;
            Py_DECREF(value);
        }
    }
}

/* Whether anybody refers to an object by a weak reference. */
static inline bool
has_weakrefs(PyObject *self)
{
    Py_ssize_t offset = Py_TYPE(self)->tp_weaklistoffset;
    return offset != 0 && *(PyObject **)((char *)self + offset) != NULL;
}

/* Clear all attributes that are not in slots, so that new ones are set and read as fast as on a new object.
   Another owner of the dict keeps it unchanged. */
void attrs_empty(PyObject *self);

/* Clear the slots and the dict that `type` adds to `base`, of an object that is being freed. */
void attrs_free(PyObject *self, PyTypeObject *type, PyTypeObject *base);

#endif
