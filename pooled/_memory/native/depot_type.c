#include "depot_type.h"

#include "numpy_api.h"

/* What a capsule refers to. Each array whose memory comes from the depot keeps the capsule alive. */
typedef struct {
    Handler handler;
    Depot *depot;
} Served;

typedef struct {
    PyObject_HEAD
    PyObject *capsule;
    Depot *depot;           /* owned by the capsule */
    PyObject *latest_descr; /* of an array of `array`; a strong reference, or NULL */
    Py_ssize_t latest_size; /* bytes of an element of that */
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

bool
depot_type_read_bytes(const char *name, Py_ssize_t value, size_t *bytes)
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
        || !depot_type_read_bytes("min_bytes", least, &min_bytes)
        || !depot_type_read_bytes("max_bytes", most, &max_bytes) || !numpy_is_connected()) {
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
close_depot(Depot *depot)
{
    atomic_store(&depot->is_open, false);
    depot_trim(depot, 0);
}

static void
depot_object_dealloc(DepotObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->capsule != NULL) {
        close_depot(self->depot); /* arrays or contexts may keep it alive, and nothing could trim it any more */
        Py_DECREF(self->capsule);
    }
    Py_XDECREF(self->latest_descr);
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
    if (PyErr_Occurred() || !depot_type_read_bytes("max_bytes", value, &max_bytes)) {
        return NULL;
    }
    atomic_store(&self->depot->max_bytes, max_bytes);
    depot_trim(self->depot, max_bytes);
    Py_RETURN_NONE;
}

static PyObject *
depot_object_cap(DepotObject *self, PyObject *argument)
{
    size_t max_cap;
    Py_ssize_t value = PyLong_AsSsize_t(argument);
    if (PyErr_Occurred() || !depot_type_read_bytes("max_cap", value, &max_cap)) {
        return NULL;
    }
    atomic_store(&self->depot->max_cap, max_cap);
    depot_trim_large(self->depot, max_cap);
    Py_RETURN_NONE;
}

static PyObject *
depot_object_open(DepotObject *self, PyObject *argument)
{
    int is_open = PyObject_IsTrue(argument);
    if (is_open < 0) {
        return NULL;
    }
    if (is_open) {
        atomic_store(&self->depot->is_open, true);
    }
    else {
        close_depot(self->depot);
    }
    Py_RETURN_NONE;
}

static PyObject *
depot_object_trim(DepotObject *self, PyObject *argument)
{
    size_t keep;
    Py_ssize_t value = PyLong_AsSsize_t(argument);
    if (PyErr_Occurred() || !depot_type_read_bytes("keep", value, &keep)) {
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
    return Py_BuildValue("{s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K}", "discarded_large", counts.discarded_large, "hits",
                         counts.hits, "misses", counts.misses, "recycled", counts.recycled, "discarded_full",
                         counts.discarded_full, "discarded_blank", counts.discarded_blank, "bytes_taken",
                         counts.bytes_taken, "bytes_hit", counts.bytes_hit);
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

/* ---- single arrays ---- */

enum { MOST_DIMENSIONS = 32 };

/* Read a shape: an int, or a tuple of ints, all 0 or more. Returns the number of elements; -1, without an exception, if it
   is anything else, or too large. */
static Py_ssize_t
read_shape(PyObject *object, ArrayForm *form)
{
    bool is_tuple = PyTuple_CheckExact(object);
    form->dimensions = is_tuple ? (int)PyTuple_GET_SIZE(object) : 1;
    if (is_tuple && PyTuple_GET_SIZE(object) > MOST_DIMENSIONS) {
        return -1;
    }
    Py_ssize_t elements = 1;
    for (int i = 0; i < form->dimensions; i++) {
        PyObject *item = is_tuple ? PyTuple_GET_ITEM(object, i) : object;
        Py_ssize_t length = PyLong_CheckExact(item) ? PyLong_AsSsize_t(item) : -1;
        if (length < 0 || __builtin_mul_overflow(elements, length, &elements)) {
            PyErr_Clear();
            return -1;
        }
        form->shape[i] = length;
    }
    return elements;
}

/* Bytes of an element of a dtype; 0 if its arrays cannot be pooled. -1 with an exception set. */
static Py_ssize_t
item_size(DepotObject *self, PyObject *descr)
{
    if (LIKELY(descr == self->latest_descr)) {
        return self->latest_size;
    }
    PyObject *has_objects = PyObject_GetAttrString(descr, "hasobject");
    PyObject *size = has_objects == NULL ? NULL : PyObject_GetAttrString(descr, "itemsize");
    Py_ssize_t bytes = size == NULL ? -1 : PyLong_AsSsize_t(size);
    bytes = bytes > 0 && has_objects != Py_False ? 0 : bytes;
    Py_XDECREF(size);
    Py_XDECREF(has_objects);
    if (bytes > 0 && HAS_GIL) {
        self->latest_size = bytes;
        Py_XSETREF(self->latest_descr, Py_NewRef(descr));
    }
    return bytes;
}

/* array(shape, dtype, zero, is_fortran): NotImplemented if Python has to check the shape or the dtype, or if NumPy has
   to allocate the memory. */
static PyObject *
depot_object_array(DepotObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 4 || !numpy_is_descr(args[1])) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    Py_ssize_t shape[MOST_DIMENSIONS];
    ArrayForm form = {.descr = args[1], .shape = shape, .is_fortran = args[3] == Py_True};
    Py_ssize_t bytes = item_size(self, args[1]), elements = read_shape(args[0], &form);
    if (bytes < 0 && PyErr_Occurred()) {
        return NULL;
    }
    if (elements <= 0 || bytes <= 0 || __builtin_mul_overflow(bytes, elements, &bytes)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    unsigned size_class = size_class_of((size_t)bytes);
    Block *block = size_class == 0      ? NULL
                   : args[2] == Py_True ? depot_take_zeros(self->depot, size_class, (size_t)bytes)
                                        : depot_take(self->depot, size_class);
    if (block == NULL) {
        Py_RETURN_NOTIMPLEMENTED; /* address space is short, and NumPy's own allocator may have some */
    }
    PyObject *array = numpy_array_on(block, self->capsule, &form);
    if (array == NULL) {
        depot_return(self->depot, block);
    }
    return array;
}

/* park(size): a new block, with pages, is parked. False if there is no room for it. */
static PyObject *
depot_object_park(DepotObject *self, PyObject *argument)
{
    size_t bytes;
    Py_ssize_t value = PyLong_AsSsize_t(argument);
    if (PyErr_Occurred() || !depot_type_read_bytes("size", value, &bytes)) {
        return NULL;
    }
    unsigned size_class = size_class_of(bytes);
    if (size_class == 0) {
        Py_RETURN_FALSE;
    }
    return PyBool_FromLong(depot_park_new(self->depot, size_class));
}

/* ---- the whole process ---- */

static Handler installed;

static PyObject *
depot_object_install(DepotObject *self, PyObject *Py_UNUSED(ignored))
{
    static PyObject *kept; /* forever: arrays that the handler serves do not refer to the depot */
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

/* ---- the class ---- */

static PyMethodDef depot_methods[] = {
    {"array", (PyCFunction)(void (*)(void))depot_object_array, METH_FASTCALL,
     "array(shape, dtype, zero, is_fortran): a new array."},
    {"park", (PyCFunction)depot_object_park, METH_O, "Park a new block of this size; whether there was room."},
    {"cap", (PyCFunction)depot_object_cap, METH_O, "Change the most bytes of a block that is parked."},
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

PyType_Spec depot_type_spec = {
    .name = "pooled._memory.arrays.Depot",
    .basicsize = sizeof(DepotObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = depot_slots,
};
