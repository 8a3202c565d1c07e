#include "base/arguments.h"

#include "base/pressure.h"

/* Returns the positional arguments as a new tuple. NULL with an exception set. */
static PyObject *
as_tuple(PyObject *const *args, Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple != NULL && i < count; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    }
    return tuple;
}

/* Returns the keyword arguments as a new dict. Their values follow the `count` positional arguments. NULL with an
   exception set. */
static PyObject *
as_dict(PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict != NULL && i < PyTuple_GET_SIZE(names); i++) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(names, i), args[count + i]) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

/* `arguments_pack`, tried once. */
static ALWAYS_INLINE bool
pack(Packed *packed, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    packed->tuple = as_tuple(args, count);
    packed->dict = names != NULL && packed->tuple != NULL ? as_dict(args, count, names) : NULL;
    if (packed->tuple == NULL || (names != NULL && packed->dict == NULL)) {
        Py_CLEAR(packed->tuple);
        return false;
    }
    return true;
}

static COLD bool
pack_again(Packed *packed, PyObject *const *args, size_t nargsf, PyObject *names)
{
    return pressure_relieve() && pack(packed, args, nargsf, names);
}

bool
arguments_pack(Packed *packed, PyObject *const *args, size_t nargsf, PyObject *names)
{
    return LIKELY(pack(packed, args, nargsf, names)) || pack_again(packed, args, nargsf, names);
}

void
arguments_unpack(Packed *packed)
{
    Py_DECREF(packed->tuple);
    Py_XDECREF(packed->dict);
}

bool
arguments_have_text_names(PyObject *names)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        if (UNLIKELY(!PyUnicode_Check(PyTuple_GET_ITEM(names, i)))) {
            PyErr_SetString(PyExc_TypeError, "keywords must be strings");
            return false;
        }
    }
    return true;
}
