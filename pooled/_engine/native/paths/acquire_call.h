/* Calls: cls(...) of a hooked class. */

#ifndef POOLED_ACQUIRE_CALL_H
#define POOLED_ACQUIRE_CALL_H

#include "base/compat.h"
#include "pool/store.h"

/* The tp_vectorcall of a hooked class: one of two, by whether its `__init__` is written in Python now. */
vectorcallfunc call_vectorcall_for(PyTypeObject *type);

/* A new object that was not parked, with its `__init__` run. */
PyObject *call_construct_new(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names);

#endif
