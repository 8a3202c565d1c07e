#include "base/interp.h"

Interp interp;

/* Read the slots that a class written in Python has. */
static bool
read_class_slots(void)
{
    /* Only the slots are read, so the methods can be any callables. */
    PyObject *any = (PyObject *)&PyBaseObject_Type;
    PyObject *cls = PyObject_CallFunction(
        (PyObject *)&PyType_Type, "s(){sOsOsO}", "_", "__init__", any, "__new__", any, "__del__", any);
    if (cls == NULL) {
        return false;
    }
    interp.subtype_dealloc = ((PyTypeObject *)cls)->tp_dealloc;
    interp.python_init = ((PyTypeObject *)cls)->tp_init;
    interp.python_new = ((PyTypeObject *)cls)->tp_new;
    interp.python_finalize = ((PyTypeObject *)cls)->tp_finalize;
    Py_DECREF(cls);
    return true;
}

/* Read the keys object of a dict without a table. */
static bool
read_empty_keys(void)
{
    PyObject *dict = PyDict_New();
    if (dict == NULL) {
        return false;
    }
    interp.empty_keys = ((PyDictObject *)dict)->ma_keys; /* static, so it outlives the dict */
    Py_DECREF(dict);
    return true;
}

bool
interp_init(void)
{
    if (interp.no_arguments != NULL) {
        return true;
    }
    interp.init_name = PyUnicode_InternFromString("__init__");
    interp.sizeof_name = PyUnicode_InternFromString("__sizeof__");
    interp.read_init_name = PyUnicode_InternFromString("read_init");
    interp.arrays_name = PyUnicode_InternFromString("pooled._memory.arrays");
    interp.release_name = PyUnicode_InternFromString("release");
    if (interp.init_name == NULL || interp.read_init_name == NULL || interp.sizeof_name == NULL
        || interp.arrays_name == NULL || interp.release_name == NULL) {
        return false;
    }
    interp.empty_bytes_args = Py_BuildValue("(y)", "");
    if (interp.empty_bytes_args == NULL || !read_class_slots() || !read_empty_keys()) {
        return false;
    }
    interp.no_arguments = PyTuple_New(0);
    return interp.no_arguments != NULL;
}
