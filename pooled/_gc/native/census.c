#include "census.h"

#include <stdbool.h>

enum { SLOTS = 1024 };

typedef struct {
    PyTypeObject *type; /* borrowed from an object of the list */
    Py_ssize_t count;
} Entry;

/* Count an object of this type. Return whether there is room for it. */
static bool
count_type(Entry *table, Py_ssize_t *used, PyTypeObject *type)
{
    size_t slot = ((uintptr_t)type >> 4) % SLOTS;
    while (table[slot].type != NULL && table[slot].type != type) {
        slot = (slot + 1) % SLOTS;
    }
    if (table[slot].type == NULL) {
        if (*used == SLOTS / 2) {
            return false;
        }
        ++*used;
        table[slot].type = type;
    }
    ++table[slot].count;
    return true;
}

/* The name of a type; a new reference, or NULL with an exception. */
static PyObject *
name_of(Recorder *recorder, PyTypeObject *type)
{
    PyObject *name = PyType_GetQualName(type);
    if (name == NULL) {
        return NULL;
    }
    PyObject *module = PyObject_CallOneArg(recorder->module_of, (PyObject *)type);
    if (module == NULL) {
        PyErr_Clear();
        return name;
    }
    if (PyUnicode_CheckExact(module) && PyUnicode_CompareWithASCIIString(module, "builtins") != 0) {
        Py_SETREF(name, PyUnicode_FromFormat("%U:%U", module, name));
    }
    Py_DECREF(module);
    return name;
}

/* Add to the count of a name. Takes the reference to it. Return -1 with an exception on failure. */
static int
add_count(Recorder *recorder, PyObject *name, Py_ssize_t count)
{
    if (name == NULL) {
        return -1;
    }
    PyObject *before = PyDict_GetItemWithError(recorder->types, name);
    if (before == NULL && !PyErr_Occurred() && PyDict_GET_SIZE(recorder->types) >= recorder->names) {
        Py_SETREF(name, PyUnicode_FromString("others"));
        before = name == NULL ? NULL : PyDict_GetItemWithError(recorder->types, name);
    }
    PyObject *sum = PyErr_Occurred() ? NULL : PyLong_FromSsize_t(count + (before ? PyLong_AsSsize_t(before) : 0));
    int status = sum == NULL ? -1 : PyDict_SetItem(recorder->types, name, sum);
    Py_XDECREF(sum);
    Py_XDECREF(name);
    return status;
}

/* Count the objects of a list. No other thread runs meanwhile, and none of the objects dies. */
static void
count_objects(Recorder *recorder, PyObject *objects, Entry *table)
{
    Py_ssize_t size = PyList_GET_SIZE(objects), step = size / recorder->seen + 1, used = 0, others = 0;
    for (Py_ssize_t i = 0; i < size; i += step) {
        if (!count_type(table, &used, Py_TYPE(PyList_GET_ITEM(objects, i)))) {
            ++others;
        }
    }
    for (Py_ssize_t slot = 0; slot < SLOTS; ++slot) {
        Entry *each = &table[slot];
        if (each->type != NULL && add_count(recorder, name_of(recorder, each->type), each->count * step) < 0) {
            PyErr_Clear();
        }
    }
    if (others > 0 && add_count(recorder, PyUnicode_FromString("others"), others * step) < 0) {
        PyErr_Clear();
    }
}

void
census_take(Recorder *recorder)
{
    /* An audit hook may raise, and the recursion limit may be reached. */
    PyObject *objects = PyObject_CallOneArg(recorder->get_objects, recorder->youngest);
    if (objects == NULL) {
        PyErr_Clear();
        return;
    }
    Entry *table = PyMem_Calloc(SLOTS, sizeof(Entry));
    if (table != NULL && PyList_CheckExact(objects)) {
        count_objects(recorder, objects, table);
    }
    PyMem_Free(table);
    Py_DECREF(objects);
}
