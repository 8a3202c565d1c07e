#include "base/pressure.h"

#include "base/interp.h"

void (*pressure_trim)(void);

/* Static, since a pending call has no module to ask. */
static PyObject *trim_function; /* a strong reference, or NULL */
static bool is_pending;

/* A pending call, on the main thread. */
static int
run_trim(void *Py_UNUSED(argument))
{
    is_pending = false;
    if (trim_function == NULL) {
        return 0; /* the engine is closed */
    }
    pressure_trim();
    PyObject *function = Py_XNewRef(trim_function);
    PyObject *done = function == NULL ? NULL : PyObject_CallNoArgs(function);
    if (function != NULL && done == NULL) {
        PyErr_WriteUnraisable(function);
    }
    Py_XDECREF(done);
    Py_XDECREF(function);
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
    if (trim_function != NULL && !is_pending) {
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

void
pressure_set_trim(PyObject *function)
{
    Py_XSETREF(trim_function, Py_XNewRef(function));
}
