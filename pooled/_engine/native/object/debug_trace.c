#include "object/debug_trace.h"

#ifdef POOLED_DEBUG_TRACE

/* The functions and dicts of pooled._debug.lifetimes; strong references. Static, because a dealloc has no module to
   look them up in. NULL: nothing is reported. */
static struct {
    PyObject *taken, *moved, *popped, *warn, *readied; /* functions */
    PyObject *out;                                     /* records of objects in use, by address */
    PyObject *last;                                    /* records of the last lives of dropped objects, by address */
} callbacks;

PyObject *
native_trace(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *taken, *moved, *popped, *warn, *readied, *out, *last;
    if (!PyArg_ParseTuple(args, "OOOOOO!O!:trace", &taken, &moved, &popped, &warn, &readied, &PyDict_Type, &out,
                          &PyDict_Type, &last)) {
        return NULL;
    }
    Py_XSETREF(callbacks.taken, Py_NewRef(taken));
    Py_XSETREF(callbacks.moved, Py_NewRef(moved));
    Py_XSETREF(callbacks.popped, Py_NewRef(popped));
    Py_XSETREF(callbacks.warn, Py_NewRef(warn));
    Py_XSETREF(callbacks.readied, Py_NewRef(readied));
    Py_XSETREF(callbacks.out, Py_NewRef(out));
    Py_XSETREF(callbacks.last, Py_NewRef(last));
    Py_RETURN_NONE;
}

void
trace_close(void)
{
    Py_CLEAR(callbacks.taken);
    Py_CLEAR(callbacks.moved);
    Py_CLEAR(callbacks.popped);
    Py_CLEAR(callbacks.warn);
    Py_CLEAR(callbacks.readied);
    Py_CLEAR(callbacks.out);
    Py_CLEAR(callbacks.last);
}

/* ---- records, by address ---- */

/* Remove a record and return it, a new reference. NULL without an exception if there is none. */
static PyObject *
record_pop(PyObject *known, PyObject *key)
{
    PyObject *life = Py_XNewRef(PyDict_GetItemWithError(known, key));
    if (life != NULL && PyDict_DelItem(known, key) < 0) {
        PyErr_Clear(); /* another thread has removed it */
    }
    PyErr_Clear();
    return life;
}

/* Store a record. It is lost if there is no memory. */
static void
record_set(PyObject *known, PyObject *key, PyObject *life)
{
    if (PyDict_SetItem(known, key, life) < 0) {
        PyErr_Clear();
    }
}

/* Remove the records of an object from both dicts. With `drops`, the record of an object in use becomes that of its
   last life. This runs no code in Python, because an object can be dropped anywhere. */
static void
remove_records(PyObject *self, bool drops)
{
    if (callbacks.out == NULL) {
        return;
    }
    PyObject *pending = compat_take_exception();
    PyObject *key = PyLong_FromVoidPtr(self);
    if (key != NULL) {
        PyObject *life = record_pop(callbacks.out, key), *former = record_pop(callbacks.last, key);
        if (drops && life != NULL) {
            record_set(callbacks.last, key, life);
        }
        Py_XDECREF(life);
        Py_XDECREF(former);
        Py_DECREF(key);
    }
    PyErr_Clear();
    compat_put_exception(pending);
}

void
trace_dropped(PyObject *self)
{
    remove_records(self, true);
}

void
trace_ended(PyObject *self)
{
    remove_records(self, false);
}

void
trace_put_back(PyObject *self)
{
    if (callbacks.out == NULL) {
        return;
    }
    PyObject *pending = compat_take_exception();
    PyObject *key = PyLong_FromVoidPtr(self);
    PyObject *life = key == NULL ? NULL : record_pop(callbacks.out, key);
    PyObject *before = life == NULL ? NULL : PyObject_GetAttrString(life, "before");
    if (before != NULL && before != Py_None) {
        record_set(callbacks.last, key, before);
    }
    Py_XDECREF(before);
    Py_XDECREF(life);
    Py_XDECREF(key);
    PyErr_Clear();
    compat_put_exception(pending);
}

/* ---- calls of the functions ---- */

/* Call function(address, class, store). False with an exception set. */
static bool
call_with_address(PyObject *function, PoolStore *store, PyObject *self)
{
    PyObject *owned = Py_NewRef(function); /* `trace_close` may run meanwhile */
    PyObject *key = PyLong_FromVoidPtr(self);
    PyObject *done = NULL;
    if (key != NULL) {
        done = PyObject_CallFunctionObjArgs(owned, key, (PyObject *)Py_TYPE(self), (PyObject *)store, NULL);
    }
    Py_XDECREF(key);
    Py_XDECREF(done);
    Py_DECREF(owned);
    return done != NULL;
}

bool
trace_taken(PoolStore *store, PyObject *self)
{
    return callbacks.taken == NULL || call_with_address(callbacks.taken, store, self);
}

bool
trace_moved(PoolStore *store, PyObject *self)
{
    return callbacks.moved == NULL || call_with_address(callbacks.moved, store, self);
}

bool
trace_readied(PoolStore *store, PyObject *self)
{
    if (callbacks.readied == NULL) {
        return true;
    }
    PyObject *done = PyObject_CallFunctionObjArgs(callbacks.readied, self, (PyObject *)store, NULL);
    Py_XDECREF(done);
    return done != NULL;
}

/* Whether there is a record of the last life of an object. */
static bool
has_last_record(PyObject *self)
{
    PyObject *key = PyLong_FromVoidPtr(self);
    bool known = key != NULL && PyDict_Contains(callbacks.last, key) > 0;
    Py_XDECREF(key);
    PyErr_Clear();
    return known;
}

bool
trace_popped(PoolStore *store, PyObject *self, PyObject **warning)
{
    *warning = NULL;
    if (callbacks.popped == NULL) {
        return true;
    }
    PyObject *text = Py_None;
    if (has_last_record(self)) {
        text = PyObject_CallFunctionObjArgs(callbacks.popped, self, (PyObject *)store, NULL);
    }
    if (text == Py_None) {
        return trace_taken(store, self);
    }
    *warning = text;
    return false;
}

void
trace_warn(PyObject *warning)
{
    if (warning != NULL && callbacks.warn != NULL) {
        Py_XDECREF(PyObject_CallOneArg(callbacks.warn, warning));
    }
    Py_XDECREF(warning);
}

#else
typedef int debug_trace_is_off; /* a C file needs a declaration */
#endif
