/* New objects: how an object that was not parked is allocated, counted, and handed to its pool. */

#ifndef POOLED_ACQUIRE_NEW_H
#define POOLED_ACQUIRE_NEW_H

#include "base/compat.h"
#include "pool/store.h"

/* The tp_alloc of hooked classes: counts an object that was not parked, and registers it as not ready. */
PyObject *acquire_alloc(PyTypeObject *type, Py_ssize_t items);

/* A new object, as the class's `__new__` makes it, or whatever else that returns. */
PyObject *acquire_make(Hook *hook, PyObject *args, PyObject *kwargs);

/* A new object of the class or a subclass, as `__new__` of the class would make it without the hook. */
PyObject *acquire_make_by_hook(Hook *hook, PyObject *cls, PyObject *args, PyObject *kwargs);

/* Whether `self` is an object that `acquire_make` made just now, rather than one that a user's `__new__` returned. */
bool acquire_is_unready(Hook *hook, PyObject *self);

/* Make `store` responsible for an object that was just made, in place of the pool of its class. False with MemoryError set. */
bool acquire_hand_over(PoolStore *store, PyObject *self);

/* Declare the construction of an object finished: from now on it returns to `store`. If it was detached or assigned to
   another pool meanwhile, that stays. False with MemoryError set. */
bool acquire_finish(PoolStore *store, PyObject *self);

/* Drop an object whose `__init__` or refill raised; it is counted as an error. Returns NULL; the exception stays set. */
PyObject *acquire_fail(PyObject *self);

/* Raise TypeError for arguments that the class does not take. Return NULL. */
PyObject *acquire_refuse_arguments(Hook *hook);
PyObject *acquire_refuse_keywords(void);

/* Whether the class takes no arguments, and nobody but us would say so. */
static inline bool
acquire_takes_nothing(Hook *hook)
{
    return hook->is_plain && hook->new_in_c == PyBaseObject_Type.tp_new
           && hook->type->tp_init == PyBaseObject_Type.tp_init && hook_new_is_ours(hook);
}

/* Whether the class takes no keywords, and would say so itself if its __new__ were not ours: the __init__ of list takes
   any, and forgets them, where a class does not have list's __new__. */
static inline bool
acquire_takes_no_keywords(Hook *hook)
{
    return hook->is_plain && hook->base == &PyList_Type && hook->type->tp_init == PyList_Type.tp_init;
}

#endif
