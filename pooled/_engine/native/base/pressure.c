#include "base/pressure.h"

#include "base/interp.h"

void (*pressure_trim)(void);

/* Static, since a pending call has no module to ask. Each copy of the package that was imported adds its function. */
static PyObject *trim_functions; /* a list, or NULL */
static bool is_pending;

static void
call_unraisable(PyObject *function)
{
    PyObject *done = PyObject_CallNoArgs(function);
    if (done == NULL) {
        PyErr_WriteUnraisable(function);
    }
    Py_XDECREF(done);
}

/* A pending call, on the main thread. */
static int
run_trim(void *Py_UNUSED(argument))
{
    is_pending = false;
    if (trim_functions == NULL) {
        return 0; /* the engine is closed */
    }
    pressure_trim();
    PyObject *functions = PyList_AsTuple(trim_functions); /* they may import another copy */
    if (functions == NULL) {
        PyErr_Clear(); /* there is no memory for it either: the next failure schedules this again */
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(functions); i++) {
        call_unraisable(PyTuple_GET_ITEM(functions, i));
    }
    Py_DECREF(functions);
    return 0;
}

/* Give back what the depots have parked. They are in a module of their own, which may not be loaded. */
static void
release_depots(void)
{
    PyObject *module = PyImport_GetModule(interp.arrays_name);
    PyObject *done = module == NULL ? NULL : PyObject_CallMethodNoArgs(module, interp.release_name);
    Py_XDECREF(done);
    Py_XDECREF(module);
    PyErr_Clear();
}

COLD void
pressure_give_back(void)
{
    PyObject *pending = compat_take_exception();
    release_depots();
    if (trim_functions != NULL && !is_pending) {
        is_pending = Py_AddPendingCall(run_trim, NULL) == 0;
    }
    compat_put_exception(pending);
}

COLD bool
pressure_relieve(void)
{
    if (PyErr_Occurred() == NULL || !PyErr_ExceptionMatches(PyExc_MemoryError)) {
        return false;
    }
    PyErr_Clear();
    pressure_give_back();
    return true;
}

bool
pressure_add_trim(PyObject *function)
{
    if (trim_functions == NULL && (trim_functions = PyList_New(0)) == NULL) {
        return false;
    }
    return PyList_Append(trim_functions, function) == 0;
}

void
pressure_close(void)
{
    Py_CLEAR(trim_functions);
}
