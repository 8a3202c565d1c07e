#include "paths/acquire_new.h"

#include "base/interp.h"
#include "object/debug_trace.h"

/* Count a new object as a miss, and register it as not ready. NULL, with the reference dropped, where that fails. */
static inline PyObject *
register_new(Hook *hook, PyObject *self)
{
    store_count(hook->own_store, MISS, 1);
    if (UNLIKELY(!overrides_set(&hook->overrides, self, hook->own_store, UNREADY)
                 || !trace_taken(hook->own_store, self))) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

PyObject *
acquire_alloc(PyTypeObject *type, Py_ssize_t items)
{
    Hook *hook = hook_of(type);
    if (UNLIKELY(hook == NULL)) {
        return PyType_GenericAlloc(type, items);
    }
    PyObject *self = hook->alloc(type, items);
    return LIKELY(self != NULL) ? register_new(hook, self) : NULL;
}

bool
acquire_finish(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    Override override = overrides_find(&hook->overrides, self);
    if (override.object != NULL && override.disposition != UNREADY) {
        return true;
    }
    if (override.object != NULL && override.store != hook->own_store) {
        overrides_turn(&hook->overrides, self, UNREADY, RETURNS);
        return true;
    }
    if (store != hook->own_store) {
        return overrides_set(&hook->overrides, self, store, RETURNS);
    }
    if (override.object != NULL) {
        Py_XDECREF(overrides_pop_unready(&hook->overrides, self).store); /* its own store has other references */
    }
    return true;
}

bool
acquire_is_unready(Hook *hook, PyObject *self)
{
    Override override = overrides_find(&hook->overrides, self);
    return override.object != NULL && override.disposition == UNREADY;
}

bool
acquire_hand_over(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    if (store == hook->own_store || !acquire_is_unready(hook, self)) {
        return true;
    }
    if (!trace_moved(store, self) || !overrides_set(&hook->overrides, self, store, UNREADY)) {
        return false;
    }
    store_count(hook->own_store, MISS, -1);
    store_count(store, MISS, 1);
    return true;
}

COLD PyObject *
acquire_refuse_arguments(Hook *hook)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)hook->type, "__name__");
    if (name != NULL) {
        PyErr_Format(PyExc_TypeError, "%U() takes no arguments", name);
        Py_DECREF(name);
    }
    return NULL;
}

COLD PyObject *
acquire_refuse_keywords(void)
{
    PyErr_SetString(PyExc_TypeError, "list() takes no keyword arguments");
    return NULL;
}

/* A new object, made by the base in C. */
static PyObject *
make_in_c(Hook *hook, PyObject *args, PyObject *kwargs)
{
    if (hook->new_in_c
        == PyBaseObject_Type.tp_new) { /* it refuses arguments where a class has a `__new__`, as ours has */
        return hook->new_in_c(hook->type, interp.no_arguments, NULL);
    }
    PyObject *self = hook->new_in_c(hook->type, args, kwargs);
    bool is_unregistered = self != NULL && Py_TYPE(self) == hook->type && !has_override(&hook->overrides, self)
                           && compat_is_unique(self); /* its base does not allocate through tp_alloc */
    return UNLIKELY(is_unregistered) ? register_new(hook, self) : self;
}

/* A new object, made by the `__new__` that `new_hook` replaced, or if that is NULL, by the one that the class has now. */
static PyObject *
make_in_python(Hook *hook, PyObject *cls, PyObject *args, PyObject *kwargs, PyObject *new_hook)
{
    PyObject *keywords = kwargs != NULL ? Py_NewRef(kwargs) : PyDict_New();
    if (keywords == NULL) {
        return NULL;
    }
    PyObject *hooked = (PyObject *)hook->type;
    PyObject *made = PyObject_CallFunctionObjArgs(hook->allocate, hooked, cls, args, keywords, new_hook, NULL);
    Py_DECREF(keywords);
    return made;
}

PyObject *
acquire_make(Hook *hook, PyObject *args, PyObject *kwargs)
{
    return LIKELY(hook->is_plain && hook_new_is_ours(hook))
               ? make_in_c(hook, args, kwargs)
               : make_in_python(hook, (PyObject *)hook->type, args, kwargs, NULL);
}

PyObject *
acquire_make_by_hook(Hook *hook, PyObject *cls, PyObject *args, PyObject *kwargs)
{
    return hook->is_plain && cls == (PyObject *)hook->type ? make_in_c(hook, args, kwargs)
                                                           : make_in_python(hook, cls, args, kwargs, hook->new_own);
}

COLD PyObject *
acquire_fail(PyObject *self)
{
    PyObject *pending = compat_take_exception();
    Hook *hook = hook_of(Py_TYPE(self)); /* look it up again: `__init__` may have ended the pool */
    bool is_unready = hook != NULL && overrides_turn(&hook->overrides, self, UNREADY, FAILED);
    if (hook != NULL && !is_unready && !has_override(&hook->overrides, self)
        && !overrides_set(&hook->overrides, self, hook->own_store, FAILED)) {
        PyErr_Clear();
    }
    Py_DECREF(self);
    compat_put_exception(pending);
    return NULL;
}
