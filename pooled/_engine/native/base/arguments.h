/* Arguments: those of a vectorcall, as the slots of classes want them. */

#ifndef POOLED_ARGUMENTS_H
#define POOLED_ARGUMENTS_H

#include "base/compat.h"

/* The arguments of a call, as slots want them: a tuple, and a dict or NULL. Ours, to be given to `unpack`. */
typedef struct {
    PyObject *tuple;
    PyObject *dict;
} Packed;

/* False with an exception set, and then there is nothing to unpack. */
bool arguments_pack(Packed *packed, PyObject *const *args, size_t nargsf, PyObject *names);

void arguments_unpack(Packed *packed);

/* A new reference to an argument that may be None, or NULL. */
static inline PyObject *
unless_none(PyObject *object)
{
    return object == Py_None ? NULL : Py_NewRef(object);
}

#endif
