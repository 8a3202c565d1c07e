#include "learned.h"

/* Static, since deallocs have nothing else to go by, and nothing in it ever changes. */
Learned learned;

static bool
learn_from_a_class(void)
{
    /* Any callable will do. */
    PyObject *cls = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){sOsO}", "_", "__init__", &PyBaseObject_Type,
                                          "__new__", &PyBaseObject_Type);
    if (cls == NULL) {
        return false;
    }
    learned.subtype_dealloc = ((PyTypeObject *)cls)->tp_dealloc;
    learned.python_init = ((PyTypeObject *)cls)->tp_init;
    learned.python_new = ((PyTypeObject *)cls)->tp_new;
    Py_DECREF(cls);
    return true;
}

static bool
learn_from_a_dict(void)
{
    PyObject *dict = PyDict_New();
    if (dict == NULL) {
        return false;
    }
    learned.no_table = ((PyDictObject *)dict)->ma_keys; /* static */
    Py_DECREF(dict);
    return true;
}

bool
learn(void)
{
    if (learned.no_arguments != NULL) {
        return true;
    }
    learned.init_name = PyUnicode_InternFromString("__init__");
    learned.new_name = PyUnicode_InternFromString("__new__");
    learned.sizeof_name = PyUnicode_InternFromString("__sizeof__");
    if (learned.init_name == NULL || learned.new_name == NULL || learned.sizeof_name == NULL) {
        return false;
    }
    learned.empty_bytes = Py_BuildValue("(y)", "");
    if (learned.empty_bytes == NULL || !learn_from_a_class() || !learn_from_a_dict()) {
        return false;
    }
    learned.no_arguments = PyTuple_New(0);
    return learned.no_arguments != NULL;
}
