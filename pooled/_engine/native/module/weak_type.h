/* The type `Weak`: handles that do not keep their value alive. */

#ifndef POOLED_WEAK_TYPE_H
#define POOLED_WEAK_TYPE_H

#include "base/compat.h"

extern PyType_Spec weak_spec;

/* A new weak handle on a cell, of this class. */
PyObject *weak_new(PyTypeObject *type, PyObject *cell);

/* The number of weak handles on a cell; -1 with MemoryError set. */
Py_ssize_t weak_count_of(PyObject *cell);

#endif
