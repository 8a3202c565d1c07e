#include "module/gc_callback.h"

/* The elements of the tuple that the callable is bound to. */
enum { FUNCTION, LEAST, KEY };

static PyObject *
call(PyObject *bound, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_Format(PyExc_TypeError, "expected a phase and a dict, got %zd arguments", count);
        return NULL;
    }
    PyObject *generation = PyObject_GetItem(args[1], PyTuple_GET_ITEM(bound, KEY));
    if (generation == NULL) {
        return NULL;
    }
    int is_less = PyObject_RichCompareBool(generation, PyTuple_GET_ITEM(bound, LEAST), Py_LT);
    Py_DECREF(generation);
    if (is_less != 0) {
        return is_less < 0 ? NULL : Py_NewRef(Py_None);
    }
    PyObject *answer = PyObject_Vectorcall(PyTuple_GET_ITEM(bound, FUNCTION), args, (size_t)count, NULL);
    if (answer == NULL && PyErr_ExceptionMatches(PyExc_RecursionError)) {
        PyErr_Clear();
        return Py_NewRef(Py_None);
    }
    return answer;
}

static PyMethodDef definition = {"gc_callback", (PyCFunction)(void (*)(void))call, METH_FASTCALL, NULL};

PyObject *
gc_callback_new(PyObject *function, PyObject *least)
{
    PyObject *bound = Py_BuildValue("(OOs)", function, least, "generation");
    PyObject *made = bound == NULL ? NULL : PyCFunction_NewEx(&definition, bound, NULL);
    Py_XDECREF(bound);
    return made;
}
