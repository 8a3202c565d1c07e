/* Allocation: the tp_alloc of hooked classes, which unpickling, copying, `cls.__new__(cls)` and decoders in C reach. */

#ifndef POOLED_ALLOC_H
#define POOLED_ALLOC_H

#include "base/compat.h"

/* A blank object: a parked one where the class has no base in C and needs no `__init__`, else a new one. */
PyObject *alloc_blank(PyTypeObject *type, Py_ssize_t items);

#endif
