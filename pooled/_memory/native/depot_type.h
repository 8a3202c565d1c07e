/* The class `Depot`: what Python sees of a depot. */

#ifndef POOLED_DEPOT_TYPE_H
#define POOLED_DEPOT_TYPE_H

#include "base.h"

extern PyType_Spec depot_type_spec;

/* Read a number of bytes. False with an exception set. */
bool depot_type_read_bytes(const char *name, Py_ssize_t value, size_t *bytes);

#endif
