/* Strong handles: the objects of `Arc` and `TArc`. Each has a reference to the cell of its value.

   The reference count of a cell is the number of its handles: nothing else refers to a cell, except during a call. Weak
   handles have a weak reference to the cell, so they can detect that the cell was dropped. A cell that returns to its
   pool loses them. The collector sees all of it: a handle refers to the cell, and the cell to the value. */

#ifndef POOLED_ARC_HANDLE_H
#define POOLED_ARC_HANDLE_H

#include "base/compat.h"

/* A `TArc`, and the beginning of an `Arc`. */
typedef struct {
    PyObject_HEAD
    PyObject *cell; /* a strong reference; `make_mut` replaces it. NULL while the handle is allocated */
} Handle;

typedef struct {
    Handle handle;
    PyObject *weakrefs; /* Python's weak references to the handle */
} ArcHandle;

void arc_dealloc(PyObject *self);
void tarc_dealloc(PyObject *self);
int handle_traverse(PyObject *self, visitproc visit, void *arg);

/* The class `Arc` or `TArc` that a class is, or inherits from. */
static inline PyTypeObject *
handle_kind(PyTypeObject *type)
{
    while (type->tp_dealloc != arc_dealloc && type->tp_dealloc != tarc_dealloc) {
        type = type->tp_base;
    }
    return type;
}

/* A new handle on a cell, of this class or a subclass. Takes the reference to the cell, also when it fails. */
PyObject *handle_new(PyTypeObject *type, PyObject *cell);

/* The cell of a handle, a new reference. NULL with an exception set. */
PyObject *handle_cell(PyObject *self);

/* The value of a handle, a new reference. NULL with an exception set. */
PyObject *handle_value(PyObject *self);

/* Free the memory of spare handles, and keep none from now on. */
void handles_close(PyTypeObject *arc_type, PyTypeObject *tarc_type);

#endif
