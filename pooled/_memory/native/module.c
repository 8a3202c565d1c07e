/* The module `pooled._memory.arrays`: depots of array memory, and how NumPy gets to use them. */

#include "numpy_api.h"

/* What a capsule refers to. Each array whose memory comes from the depot keeps the capsule alive. */
typedef struct {
    Handler handler;
    Depot *depot;
} Served;

typedef struct {
    PyObject_HEAD
    PyObject *capsule;
    Depot *depot; /* owned by the capsule */
} DepotObject;

/* ---- depots ---- */

static void
capsule_free(PyObject *capsule)
{
    Served *served = PyCapsule_GetPointer(capsule, HANDLER_CAPSULE);
    depot_free(served->depot);
    PyMem_RawFree(served);
}

/* A capsule with a handler of a new depot. NULL with an exception set. */
static PyObject *
capsule_new(const char *name, size_t min_bytes, size_t max_bytes)
{
    Served *served = PyMem_RawCalloc(1, sizeof(Served));
    Depot *depot = served == NULL ? NULL : depot_new(min_bytes, max_bytes);
    if (depot == NULL) {
        PyMem_RawFree(served);
        return PyErr_NoMemory();
    }
    served->depot = depot;
    handler_of_depot(&served->handler, name, depot);
    PyObject *capsule = PyCapsule_New(served, HANDLER_CAPSULE, capsule_free);
    if (capsule == NULL) {
        depot_free(depot);
        PyMem_RawFree(served);
    }
    return capsule;
}

/* Read a number of bytes. False with an exception set. */
static bool
read_bytes(const char *name, Py_ssize_t value, size_t *bytes)
{
    if (value < 0) {
        PyErr_Format(PyExc_ValueError, "%s=%zd: expected 0 or more", name, value);
        return false;
    }
    *bytes = (size_t)value;
    return true;
}

static PyObject *
depot_object_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"min_bytes", "max_bytes", "name", NULL};
    Py_ssize_t least, most;
    size_t min_bytes, max_bytes;
    const char *name = "pooled";
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "nn|s:Depot", names, &least, &most, &name)
        || !read_bytes("min_bytes", least, &min_bytes) || !read_bytes("max_bytes", most, &max_bytes)
        || !numpy_is_connected()) {
        return NULL;
    }
    DepotObject *self = (DepotObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->capsule = capsule_new(name, min_bytes, max_bytes);
    if (self->capsule == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    self->depot = ((Served *)PyCapsule_GetPointer(self->capsule, HANDLER_CAPSULE))->depot;
    return (PyObject *)self;
}

static void
depot_object_dealloc(DepotObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->capsule);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static Py_ssize_t
depot_object_length(DepotObject *self)
{
    return (Py_ssize_t)depot_parked(self->depot);
}

static PyObject *
depot_object_resize(DepotObject *self, PyObject *argument)
{
    size_t max_bytes;
    Py_ssize_t value = PyLong_AsSsize_t(argument);
    if (PyErr_Occurred() || !read_bytes("max_bytes", value, &max_bytes)) {
        return NULL;
    }
    atomic_store(&self->depot->max_bytes, max_bytes);
    depot_trim(self->depot, max_bytes);
    Py_RETURN_NONE;
}

static PyObject *
depot_object_open(DepotObject *self, PyObject *argument)
{
    int is_open = PyObject_IsTrue(argument);
    if (is_open < 0) {
        return NULL;
    }
    atomic_store(&self->depot->is_open, is_open != 0);
    if (!is_open) {
        depot_trim(self->depot, 0);
    }
    Py_RETURN_NONE;
}

static PyObject *
depot_object_trim(DepotObject *self, PyObject *argument)
{
    size_t keep;
    Py_ssize_t value = PyLong_AsSsize_t(argument);
    if (PyErr_Occurred() || !read_bytes("keep", value, &keep)) {
        return NULL;
    }
    return PyLong_FromSize_t(depot_trim(self->depot, keep));
}

static PyObject *
depot_object_trim_idle(DepotObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSize_t(depot_trim_idle(self->depot));
}

static PyObject *
depot_object_counts(DepotObject *self, PyObject *Py_UNUSED(ignored))
{
    DepotCounts counts = depot_counts(self->depot);
    return Py_BuildValue("{s:K,s:K,s:K,s:K,s:K,s:K,s:K}", "hits", counts.hits, "misses", counts.misses, "recycled",
                         counts.recycled, "discarded_full", counts.discarded_full, "discarded_blank",
                         counts.discarded_blank, "bytes_taken", counts.bytes_taken, "bytes_hit", counts.bytes_hit);
}

static PyObject *
depot_object_parked_bytes(DepotObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromSize_t(atomic_load(&self->depot->parked_bytes));
}

static PyObject *
depot_object_use(DepotObject *self, PyObject *Py_UNUSED(ignored))
{
    return numpy_set_handler(self->capsule);
}

/* ---- the whole process ---- */

static Handler installed;

static PyObject *
depot_object_install(DepotObject *self, PyObject *Py_UNUSED(ignored))
{
    static PyObject *kept; /* for ever: arrays that the handler serves do not refer to the depot */
    PyObject *former = kept;
    Handler handler;
    handler_of_depot(&handler, numpy_default_name(), self->depot);
    installed = handler;
    kept = Py_NewRef(self->capsule);
    Py_XDECREF(former);
    if (!numpy_replace_default(&installed)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static Observer observer = {.lock = PTHREAD_MUTEX_INITIALIZER};

static PyObject *
module_observe(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_ssize_t least, most;
    if (!PyArg_ParseTuple(args, "nn:observe", &least, &most) || !read_bytes("min_bytes", least, &observer.min_bytes)
        || !read_bytes("max_bytes", most, &observer.max_bytes) || !numpy_is_connected()) {
        return NULL;
    }
    handler_of_observer(&installed, numpy_default_name(), &observer);
    if (!numpy_replace_default(&installed)) {
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

static PyObject *low_memory_hook; /* a strong reference, for ever */

static void
ask_for_memory(void)
{
    Py_AddPendingCall(run_low_memory, low_memory_hook); /* not now: NumPy may be in the middle of anything */
}

static PyObject *
module_connect(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *multiarray, *hook;
    int huge_pages;
    if (!PyArg_ParseTuple(args, "OOp:connect", &multiarray, &hook, &huge_pages)) {
        return NULL;
    }
    if (!arena_init() || !depots_init()) {
        PyErr_SetString(PyExc_OSError, "pooled_arrays cannot reserve address space on this system");
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
module_set_handler(PyObject *Py_UNUSED(module), PyObject *capsule)
{
    return numpy_is_connected() ? numpy_set_handler(capsule) : NULL;
}

static PyMethodDef depot_methods[] = {
    {"resize", (PyCFunction)depot_object_resize, METH_O, "Change `max_bytes`. Blocks beyond it are vacated."},
    {"open", (PyCFunction)depot_object_open, METH_O, "Serve arrays, or serve none and vacate what is parked."},
    {"trim", (PyCFunction)depot_object_trim, METH_O, "Vacate blocks until at most so many bytes are parked."},
    {"trim_idle", (PyCFunction)depot_object_trim_idle, METH_NOARGS,
     "Vacate half of what stayed parked since the last call."},
    {"counts", (PyCFunction)depot_object_counts, METH_NOARGS, "Counts of blocks and bytes."},
    {"use", (PyCFunction)depot_object_use, METH_NOARGS, "Serve the current context; return its former handler."},
    {"install", (PyCFunction)depot_object_install, METH_NOARGS, "Serve the whole process."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef depot_getset[] = {
    {"parked_bytes", (getter)depot_object_parked_bytes, NULL, "How many bytes are parked.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot depot_slots[] = {
    {Py_tp_doc, "Depot(min_bytes, max_bytes, name): parked blocks for the data of NumPy's arrays."},
    {Py_tp_new, depot_object_new},
    {Py_tp_dealloc, depot_object_dealloc},
    {Py_tp_methods, depot_methods},
    {Py_tp_getset, depot_getset},
    {Py_sq_length, depot_object_length},
    {0, NULL},
};

static PyType_Spec depot_spec = {
    .name = "pooled._memory.arrays.Depot",
    .basicsize = sizeof(DepotObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = depot_slots,
};

static int
module_exec(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &depot_spec, NULL);
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
