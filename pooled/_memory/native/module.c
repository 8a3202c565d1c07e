/* The module `pooled._memory.arrays`: depots of array memory, and how NumPy gets to use them. */

#include "depot_type.h"
#include "numpy_api.h"

/* ---- the whole process ---- */

static Observer observer = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
before_fork(void)
{
    pthread_mutex_lock(&observer.lock);
}

static void
after_fork(void)
{
    pthread_mutex_unlock(&observer.lock);
}

static PyObject *
module_observe(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_ssize_t least, most;
    if (!PyArg_ParseTuple(args, "nn:observe", &least, &most)
        || !depot_type_read_bytes("min_bytes", least, &observer.min_bytes)
        || !depot_type_read_bytes("max_bytes", most, &observer.max_bytes) || !numpy_is_connected()) {
        return NULL;
    }
    if (numpy_default_is_replaced()) {
        PyErr_SetString(PyExc_RuntimeError, "the arrays come from a depot already, so they cannot be observed");
        return NULL;
    }
    static Handler handler;
    static bool waits_for_forks;
    waits_for_forks = waits_for_forks || pthread_atfork(before_fork, after_fork, after_fork) == 0;
    handler_of_observer(&handler, numpy_default_name(), &observer);
    if (!numpy_replace_default(&handler)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
module_observed(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    pthread_mutex_lock(&observer.lock);
    uint64_t arrays = observer.arrays, bytes = observer.bytes, served = observer.served_bytes;
    pthread_mutex_unlock(&observer.lock);
    return Py_BuildValue("KKK", arrays, bytes, served);
}

/* ---- the module ---- */

static int
run_low_memory(void *hook)
{
    PyObject *result = PyObject_CallNoArgs(hook);
    if (result == NULL) {
        PyErr_WriteUnraisable(hook);
    }
    Py_XDECREF(result);
    return 0;
}

static PyObject *low_memory_hook; /* a strong reference, forever */

static void
ask_for_memory(void)
{
    Py_AddPendingCall(run_low_memory, low_memory_hook); /* not now: NumPy may be in the middle of an operation */
}

static PyObject *
module_connect(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *multiarray, *hook;
    int huge_pages;
    if (!PyArg_ParseTuple(args, "OOp:connect", &multiarray, &hook, &huge_pages)) {
        return NULL;
    }
    arena_use_huge_pages(huge_pages != 0);
    if (!numpy_connect(multiarray)) {
        return NULL;
    }
    if (low_memory_hook == NULL) {
        low_memory_hook = Py_NewRef(hook);
        handler_low_memory = ask_for_memory;
    }
    Py_RETURN_NONE;
}

static PyObject *
module_release(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    depots_trim_all();
    Py_RETURN_NONE;
}

static PyObject *
module_set_handler(PyObject *Py_UNUSED(module), PyObject *capsule)
{
    return numpy_is_connected() ? numpy_set_handler(capsule) : NULL;
}

static int
module_exec(PyObject *module)
{
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "pooled._memory.arrays works in the main interpreter only, as NumPy does");
        return -1;
    }
    if (!arena_init() || !depots_init()) { /* here, since an import never runs on two threads at the same time */
        PyErr_SetString(PyExc_OSError, "pooled_arrays cannot reserve address space on this system");
        return -1;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, &depot_type_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int status = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return status;
}

static PyMethodDef module_methods[] = {
    {"connect", module_connect, METH_VARARGS, "connect(multiarray, low_memory, huge_pages): find NumPy's C API."},
    {"set_handler", module_set_handler, METH_O, "Set the handler of the current context; return the former one."},
    {"release", module_release, METH_NOARGS, "Free what all depots parked, and its address space."},
    {"observe", module_observe, METH_VARARGS, "observe(min_bytes, max_bytes): count what a depot would serve."},
    {"observed", module_observed, METH_NOARGS, "What was counted: arrays, their bytes, bytes served."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#if PY_VERSION_HEX >= 0x030c0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED}, /* neither does NumPy */
#endif
#if PY_VERSION_HEX >= 0x030d0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pooled._memory.arrays",
    .m_doc = "Depots of array memory, and how NumPy gets to use them.",
    .m_methods = module_methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit_arrays(void)
{
    return PyModuleDef_Init(&module_definition);
}
