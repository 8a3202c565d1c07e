/* Arguments: the conversion of vectorcall arguments to a tuple and a dict, which the slots of classes take. */

#ifndef POOLED_ARGUMENTS_H
#define POOLED_ARGUMENTS_H

#include "base/compat.h"

/* Packed arguments of a call. `arguments_unpack` releases both references. */
typedef struct {
    PyObject *tuple; /* the positional arguments; a strong reference */
    PyObject *dict;  /* the keyword arguments; a strong reference, or NULL if the call has none */
} Packed;

/* Pack the arguments of a vectorcall. False with an exception set; then there is nothing to unpack. */
bool arguments_pack(Packed *packed, PyObject *const *args, size_t nargsf, PyObject *names);

/* Release the tuple and the dict. */
void arguments_unpack(Packed *packed);

/* Whether the names of all keyword arguments are strings. `type.__call__` checks all of them before it calls `__init__`; a
   function in Python checks them one by one as it binds them. False with TypeError set. */
bool arguments_have_text_names(PyObject *names);

/* Returns a new reference to `object`, or NULL if it is None. */
static inline PyObject *
unless_none(PyObject *object)
{
    return object == Py_None ? NULL : Py_NewRef(object);
}

#endif
