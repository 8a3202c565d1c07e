/* The way out: how calling a hooked class, its __new__, `take` and their like come by an object. */

#ifndef POOLED_ACQUIRE_H
#define POOLED_ACQUIRE_H

#include "base/compat.h"
#include "pool/store.h"

/* The tp_vectorcall of a hooked class, cls(...): one of two, by whether its __init__ is written in Python now. */
vectorcallfunc acquire_vectorcall_for(PyTypeObject *type);

/* The tp_alloc of hooked classes: counts an object that was not parked, and overrides it as one not yet ready. */
PyObject *acquire_alloc(PyTypeObject *type, Py_ssize_t items);

/* cls.__new__(cls, ...): an object with nothing of an earlier life in it. */
PyObject *acquire_blank(PoolStore *store, PyObject *args, PyObject *kwargs);

/* A parked object as it was left when it was emptied, made ready with what is given: values by keywords. NULL where
   nothing is parked, without an exception. */
PyObject *acquire_try_take(PoolStore *store, PyObject *const *given, PyObject *keywords);

/* That, or a new object. */
PyObject *acquire_take(PoolStore *store, PyObject *const *given, PyObject *keywords);

/* cls(...), in no pool. */
PyObject *acquire_orphan(Hook *hook, PyObject *args, PyObject *kwargs);

/* Make an object and park it. 1, or 0 where it cannot be parked, or -1 with an exception set. */
int acquire_prefill_one(PoolStore *store);

#endif
