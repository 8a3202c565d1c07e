/* The types `Arc` and `TArc`: strong handles on shared values. */

#ifndef POOLED_ARC_TYPE_H
#define POOLED_ARC_TYPE_H

#include "base/compat.h"

extern PyType_Spec arc_spec;
extern PyType_Spec tarc_spec;

/* Arc(value, pool=None) and TArc(value, pool=None): the tp_vectorcall of the types. */
PyObject *arc_vectorcall(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names);

#endif
