#include "object/user_hooks.h"

COLD Outcome
user_hooks_report(PoolStore *store, PyTypeObject *type)
{
    PyObject *error = compat_take_exception();
    PyObject *name = PyObject_GetAttrString((PyObject *)type, "__qualname__");
    PyObject *done = NULL;
    if (name != NULL) {
        PyObject *what = PyUnicode_FromFormat("while an object of %U was recycled; it was discarded", name);
        if (what != NULL) {
            done = PyObject_CallFunctionObjArgs(store->report, error, what, NULL);
            Py_DECREF(what);
        }
        Py_DECREF(name);
    }
    if (done == NULL) {
        PyErr_WriteUnraisable(store->report);
    }
    Py_XDECREF(done);
    Py_DECREF(error);
    return DISCARDED_ERROR;
}

int
user_hooks_is_too_large(PoolStore *store, PyObject *self)
{
    PyObject *answer = PyObject_CallOneArg(store->capacity, self);
    PyObject *number = answer == NULL ? NULL : PyNumber_Index(answer);
    Py_XDECREF(answer);
    if (number == NULL) {
        return -1;
    }
    int overflow;
    long long capacity = PyLong_AsLongLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    return overflow > 0 || (overflow == 0 && capacity > store->max_cap);
}

Outcome
user_hooks_reset(PoolStore *store, PyObject *self)
{
    PyObject *answer = PyObject_CallOneArg(store->reset, self);
    if (answer == NULL) {
        return user_hooks_report(store, Py_TYPE(self));
    }
    bool refused = answer == Py_False;
    Py_DECREF(answer);
    if (refused) {
        return DISCARDED_REFUSED;
    }
    int large = store->capacity != NULL ? user_hooks_is_too_large(store, self) : 0;
    return large < 0 ? user_hooks_report(store, Py_TYPE(self)) : large ? DISCARDED_LARGE : RECYCLED;
}

Outcome
user_hooks_empty(PoolStore *store, PyObject *self)
{
    int large = store->capacity != NULL ? user_hooks_is_too_large(store, self) : 0;
    if (large != 0) {
        return large < 0 ? user_hooks_report(store, Py_TYPE(self)) : DISCARDED_LARGE;
    }
    PyObject *empty = store->hook->empty;
    if (empty == NULL || !compat_is_unique(self)) { /* `capacity` may have given the object to another owner */
        return RECYCLED;
    }
    PyObject *answer = PyObject_CallOneArg(empty, self);
    if (answer == NULL) {
        return user_hooks_report(store, Py_TYPE(self));
    }
    Py_DECREF(answer);
    return RECYCLED;
}
