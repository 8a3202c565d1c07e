#include "object/debug_trace.h"

#ifdef POOLED_DEBUG_TRACE

/* The functions and dicts of pooled._debug.lifetimes. Static, as all that deallocs go by. NULL: nobody is told. */
static struct {
    PyObject *taken, *moved, *popped, *warn, *readied; /* functions */
    PyObject *out, *last;                              /* what is known of objects, by their addresses */
} tell;

PyObject *
native_trace(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *taken, *moved, *popped, *warn, *readied, *out, *last;
    if (!PyArg_ParseTuple(args, "OOOOOO!O!:trace", &taken, &moved, &popped, &warn, &readied, &PyDict_Type, &out,
                          &PyDict_Type, &last)) {
        return NULL;
    }
    Py_XSETREF(tell.taken, Py_NewRef(taken));
    Py_XSETREF(tell.moved, Py_NewRef(moved));
    Py_XSETREF(tell.popped, Py_NewRef(popped));
    Py_XSETREF(tell.warn, Py_NewRef(warn));
    Py_XSETREF(tell.readied, Py_NewRef(readied));
    Py_XSETREF(tell.out, Py_NewRef(out));
    Py_XSETREF(tell.last, Py_NewRef(last));
    Py_RETURN_NONE;
}

void
trace_close(void)
{
    Py_CLEAR(tell.taken);
    Py_CLEAR(tell.moved);
    Py_CLEAR(tell.popped);
    Py_CLEAR(tell.warn);
    Py_CLEAR(tell.readied);
    Py_CLEAR(tell.out);
    Py_CLEAR(tell.last);
}

/* ---- what is known, by address ---- */

/* Take out what is known of an object: a new reference, or NULL without an exception. */
static PyObject *
known_pop(PyObject *known, PyObject *key)
{
    PyObject *life = Py_XNewRef(PyDict_GetItemWithError(known, key));
    if (life != NULL && PyDict_DelItem(known, key) < 0) {
        PyErr_Clear(); /* another thread was here first */
    }
    PyErr_Clear();
    return life;
}

static void
known_set(PyObject *known, PyObject *key, PyObject *life)
{
    if (PyDict_SetItem(known, key, life) < 0) {
        PyErr_Clear();
    }
}

/* Take what is known of an object out of both dicts; with `drops`, put what was known of it as one that is out back as
   its last life. Runs no code in Python: an object may be dropped anywhere. */
static void
forget(PyObject *self, bool drops)
{
    if (tell.out == NULL) {
        return;
    }
    PyObject *pending = compat_take_exception();
    PyObject *key = PyLong_FromVoidPtr(self);
    if (key != NULL) {
        PyObject *life = known_pop(tell.out, key), *former = known_pop(tell.last, key);
        if (drops && life != NULL) {
            known_set(tell.last, key, life);
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
    forget(self, true);
}

void
trace_ended(PyObject *self)
{
    forget(self, false);
}

void
trace_put_back(PyObject *self)
{
    if (tell.out == NULL) {
        return;
    }
    PyObject *pending = compat_take_exception();
    PyObject *key = PyLong_FromVoidPtr(self);
    PyObject *life = key == NULL ? NULL : known_pop(tell.out, key);
    PyObject *before = life == NULL ? NULL : PyObject_GetAttrString(life, "before");
    if (before != NULL && before != Py_None) {
        known_set(tell.last, key, before);
    }
    Py_XDECREF(before);
    Py_XDECREF(life);
    Py_XDECREF(key);
    PyErr_Clear();
    compat_put_exception(pending);
}

/* ---- what is told ---- */

/* Call function(address, class, store). */
static bool
tell_of(PyObject *function, PoolStore *store, PyObject *self)
{
    PyObject *told = Py_NewRef(function); /* it may be the end of the interpreter meanwhile */
    PyObject *key = PyLong_FromVoidPtr(self);
    PyObject *done = NULL;
    if (key != NULL) {
        done = PyObject_CallFunctionObjArgs(told, key, (PyObject *)Py_TYPE(self), (PyObject *)store, NULL);
    }
    Py_XDECREF(key);
    Py_XDECREF(done);
    Py_DECREF(told);
    return done != NULL;
}

bool
trace_taken(PoolStore *store, PyObject *self)
{
    return tell.taken == NULL || tell_of(tell.taken, store, self);
}

bool
trace_moved(PoolStore *store, PyObject *self)
{
    return tell.moved == NULL || tell_of(tell.moved, store, self);
}

bool
trace_readied(PoolStore *store, PyObject *self)
{
    if (tell.readied == NULL) {
        return true;
    }
    PyObject *done = PyObject_CallFunctionObjArgs(tell.readied, self, (PyObject *)store, NULL);
    Py_XDECREF(done);
    return done != NULL;
}

/* Whether the last life of an object was recorded. */
static bool
is_known(PyObject *self)
{
    PyObject *key = PyLong_FromVoidPtr(self);
    bool known = key != NULL && PyDict_Contains(tell.last, key) > 0;
    Py_XDECREF(key);
    PyErr_Clear();
    return known;
}

bool
trace_popped(PoolStore *store, PyObject *self, PyObject **warning)
{
    *warning = NULL;
    if (tell.popped == NULL) {
        return true;
    }
    PyObject *text = Py_None;
    if (is_known(self)) {
        text = PyObject_CallFunctionObjArgs(tell.popped, self, (PyObject *)store, NULL);
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
    if (warning != NULL && tell.warn != NULL) {
        Py_XDECREF(PyObject_CallOneArg(tell.warn, warning));
    }
    Py_XDECREF(warning);
}

#else
typedef int nothing_here; /* a file of C has to have something in it */
#endif
