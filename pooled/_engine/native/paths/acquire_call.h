/* Calls: cls(...) of a hooked class. */

#ifndef POOLED_ACQUIRE_CALL_H
#define POOLED_ACQUIRE_CALL_H

#include "base/compat.h"
#include "pool/store.h"

/* The tp_vectorcall of a hooked class: one of two, by whether its `__init__` is written in Python now. */
vectorcallfunc call_vectorcall_for(PyTypeObject *type);

/* cls(...) of a hooked class in general, without assumptions about its `__init__`. */
PyObject *call_general(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names);

/* A new object for `store`, with its `__init__` run. */
PyObject *call_construct_new(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names);

/* Whether a call of the class raises TypeError for any argument, before anything is made. */
static inline bool
call_takes_nothing(const Hook *hook)
{
    return hook_new_is_of_object(hook) && hook->type->tp_init == PyBaseObject_Type.tp_init;
}

/* Call a class that is not hooked. As fast as the interpreter itself does it, where `object` makes the objects. */
PyObject *call_plain_class(PyTypeObject *type, PyObject *const *args, size_t nargsf, PyObject *names);

/* Call the class as if it were not hooked. What it allocates through tp_alloc may be a parked object all the same. */
PyObject *call_unhooked(PyTypeObject *type, PyObject *const *args, size_t nargsf, PyObject *names);

#endif
