#include "recorder.h"

#include "census.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <structmember.h>

/* The time of `time.perf_counter` in nanoseconds. */
static int64_t
now(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyTime_t time = 0;
    return PyTime_PerfCounterRaw(&time) == 0 ? time : 0;
#else
    return _PyTime_GetPerfCounter();
#endif
}

/* The bucket of a pause: its number of bits, and the three bits below the highest one. */
static int
bucket_of(int64_t spent)
{
    int bits = 0;
    while (spent >> bits > 0) {
        ++bits;
    }
    return bits > 3 ? bits << 3 | (int)(spent >> (bits - 4) & 7) : (int)spent;
}

static void
on_start(Recorder *self)
{
#ifndef Py_GIL_DISABLED /* without a GIL, there are no young objects, and others may change them */
    if (--self->countdown <= 0) {
        self->countdown = self->every;
        int64_t began = now();
        if (began >= self->due) {
            census_take(self);
            int64_t ended = now();
            self->due = ended + (ended - began) * self->share;
        }
    }
#endif
    self->started = now();
}

static void
on_stop(Recorder *self, long generation)
{
    int64_t spent = now() - self->started;
    if (self->started == 0 || spent < 0) {
        return;
    }
#ifdef Py_GIL_DISABLED
    generation = GENERATIONS - 1;
#endif
    if (generation < 0 || generation >= GENERATIONS) {
        return;
    }
    ++self->counts[generation][bucket_of(spent)];
    self->totals[generation] += spent;
    if (spent > self->longest[generation]) {
        self->longest[generation] = spent;
    }
}

/* `gc.callbacks`: called with "start" or "stop", and a dict that has the generation. It is called at any depth of
 * recursion, since a call of a type's vectorcall slot does not count as one. */
static PyObject *
recorder_vectorcall(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Recorder *self = (Recorder *)callable;
    if (PyVectorcall_NARGS(nargsf) != 2 || kwnames != NULL || !PyUnicode_Check(args[0]) || !PyDict_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "a recorder is called by the garbage collector only");
        return NULL;
    }
    if (PyUnicode_CompareWithASCIIString(args[0], "start") == 0) {
        on_start(self);
        Py_RETURN_NONE;
    }
    PyObject *generation = PyDict_GetItemWithError(args[1], self->generation);
    if (generation != NULL) {
        on_stop(self, PyLong_AsLong(generation));
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
recorder_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *get_objects, *module_of, *types;
    long long every, share;
    Py_ssize_t seen, most;
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0) {
        PyErr_SetString(PyExc_TypeError, "Recorder() takes no keyword arguments");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "OOO!(LLnn):Recorder", &get_objects, &module_of, &PyDict_Type, &types, &every, &share,
                          &seen, &most)) {
        return NULL;
    }
    if (every < 1 || share < 0 || seen < 1 || most < 1) {
        PyErr_SetString(PyExc_ValueError, "Recorder(): expected 1 or more");
        return NULL;
    }
    Recorder *self = (Recorder *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->vectorcall = recorder_vectorcall;
    self->get_objects = Py_NewRef(get_objects);
    self->module_of = Py_NewRef(module_of);
    self->types = Py_NewRef(types);
    self->every = every;
    self->countdown = 1;
    self->share = share;
    self->seen = seen;
    self->names = most;
    self->generation = PyUnicode_InternFromString("generation");
    self->youngest = PyLong_FromLong(0);
    if (self->generation == NULL || self->youngest == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void
recorder_dealloc(PyObject *op)
{
    Recorder *self = (Recorder *)op;
    PyTypeObject *type = Py_TYPE(op);
    Py_XDECREF(self->get_objects);
    Py_XDECREF(self->module_of);
    Py_XDECREF(self->types);
    Py_XDECREF(self->generation);
    Py_XDECREF(self->youngest);
    type->tp_free(op);
    Py_DECREF(type);
}

/* The counts of one generation, by bucket, without the buckets that are empty. */
static PyObject *
counts_of(Recorder *self, int generation)
{
    PyObject *counts = PyDict_New();
    for (int bucket = 0; counts != NULL && bucket < BUCKETS; ++bucket) {
        uint64_t count = self->counts[generation][bucket];
        if (count == 0) {
            continue;
        }
        PyObject *key = PyLong_FromLong(bucket), *value = PyLong_FromUnsignedLongLong(count);
        if (key == NULL || value == NULL || PyDict_SetItem(counts, key, value) < 0) {
            Py_CLEAR(counts);
        }
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    return counts;
}

static PyObject *
recorder_read(PyObject *op, PyObject *arg)
{
    Recorder *self = (Recorder *)op;
    long generation = PyLong_AsLong(arg);
    if (generation < 0 || generation >= GENERATIONS) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "expected a generation: 0, 1 or 2");
        }
        return NULL;
    }
    long long total = self->totals[generation], longest = self->longest[generation];
    PyObject *counts = counts_of(self, (int)generation); /* it may run a collection */
    return counts == NULL ? NULL : Py_BuildValue("NLL", counts, total, longest);
}

static PyObject *
recorder_clear(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Recorder *self = (Recorder *)op;
    memset(self->counts, 0, sizeof(self->counts));
    memset(self->totals, 0, sizeof(self->totals));
    memset(self->longest, 0, sizeof(self->longest));
    PyDict_Clear(self->types);
    Py_RETURN_NONE;
}

static PyMethodDef recorder_methods[] = {
    {"read", recorder_read, METH_O,
     "read(generation): the numbers of pauses by bucket, the sum of the pauses, and the longest, in nanoseconds."},
    {"clear", recorder_clear, METH_NOARGS, "Forget what was recorded."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef recorder_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Recorder, vectorcall), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot recorder_slots[] = {
    {Py_tp_new, recorder_new},
    {Py_tp_dealloc, recorder_dealloc},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_methods, recorder_methods},
    {Py_tp_members, recorder_members},
    {Py_tp_doc, "Records pauses; an entry of gc.callbacks."},
    {0, NULL},
};

PyType_Spec recorder_spec = {
    .name = "pooled._gc.recorder.Recorder",
    .basicsize = sizeof(Recorder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = recorder_slots,
};
