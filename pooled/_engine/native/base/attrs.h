/* Attributes: how the slots and the dict of an instance are cleared. */

#ifndef POOLED_ATTRS_H
#define POOLED_ATTRS_H

#include "base/compat.h"

/* The places of the slots of a class, including those that it inherits. */
typedef struct {
    Py_ssize_t *offsets; /* of each slot in an instance, in bytes; `slots_free` frees the array */
    Py_ssize_t count;    /* slots in `offsets` */
} Slots;

/* Find the slots that `type` adds to its base class `base`. False with MemoryError set. */
bool slots_find(PyTypeObject *type, PyTypeObject *base, Slots *slots);

void slots_free(Slots *slots);

/* Clear the slots of an object. */
static inline void
slots_empty(const Slots *slots, PyObject *self)
{
    for (const Py_ssize_t *offset = slots->offsets, *end = offset + slots->count; offset < end; offset++) {
        PyObject **slot = (PyObject **)((char *)self + *offset);
        PyObject *value = *slot;
        if (value != NULL) {
            *slot = NULL;
            Py_DECREF(value);
        }
    }
}

/* Whether an object has weak references. */
static inline bool
has_weakrefs(PyObject *self)
{
    Py_ssize_t offset = Py_TYPE(self)->tp_weaklistoffset;
    return offset != 0 && *(PyObject **)((char *)self + offset) != NULL;
}

/* Clear all attributes that are not in slots. Afterwards, attributes are set and read as fast as on a new object.
   A dict that has another owner is dropped, not cleared. */
void attrs_empty(PyObject *self);

/* Release the dict of an object that is being freed, or what it has in place of one. */
void attrs_free_dict(PyObject *self);

/* Clear the slots and the dict that `type` adds to `base`. The object is being freed. */
void attrs_free(PyObject *self, PyTypeObject *type, PyTypeObject *base);

#endif
