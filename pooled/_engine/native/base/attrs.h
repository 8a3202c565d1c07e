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

/* Let go of all attributes that are not in slots, so that new ones are set and read as fast as on a new object.
   Whoever else has the dict keeps_capacity it as it is. */
void attrs_empty(PyObject *self);

/* The same, for an object that dies: what `type` has and `base` has not, slots too. */
void attrs_end(PyObject *self, PyTypeObject *type, PyTypeObject *base);

#endif
