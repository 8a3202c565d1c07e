#include "base/class_info.h"

PyObject *
class_info(PyTypeObject *type)
{
    /* Static types are not ours, whatever they may have there. */
    bool is_heap_type = type->tp_flags & Py_TPFLAGS_HEAPTYPE;
    return is_heap_type && type->tp_cache != NULL ? type->tp_cache : Py_None;
}

bool
class_info_set(PyTypeObject *type, PyObject *info)
{
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || type->tp_cache != NULL) {
        PyErr_Format(PyExc_TypeError, "cls=%R: only a class written in Python can be poolable, and only once", type);
        return false;
    }
    type->tp_cache = Py_NewRef(info);
    return true;
}

static int
find_visited(PyObject *object, void *searched)
{
    void **pair = searched;
    if (object == pair[0]) {
        pair[1] = object;
    }
    return 0;
}

bool
class_info_probe(void)
{
    PyObject *cls = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){}", "_");
    PyObject *info = PyList_New(0);
    bool good = cls != NULL && info != NULL && ((PyTypeObject *)cls)->tp_cache == NULL
                && class_info_set((PyTypeObject *)cls, info);
    if (good) {
        void *pair[2] = {info, NULL};
        PyType_Type.tp_traverse(cls, find_visited, pair);
        PyObject *subclass = PyObject_CallFunction((PyObject *)&PyType_Type, "s(O){}", "_", cls);
        good = pair[1] == info && Py_REFCNT(info) == 2 && subclass != NULL
               && class_info((PyTypeObject *)subclass) == Py_None;
        Py_XDECREF(subclass);
    }
    Py_XDECREF(cls);
    Py_XDECREF(info);
    PyErr_Clear();
    return good;
}
