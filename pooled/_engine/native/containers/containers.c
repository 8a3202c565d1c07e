#include "containers/containers.h"

#include "containers/clear_inline.h"

/* ---- containers with inline functions ---- */

/* Define the functions of a Container that call the inline ones. */
#define DEFINE_OPS(name)                                                                                               \
    static bool name##_kind_is_above(const Container *Py_UNUSED(kind), PyObject *self, Py_ssize_t cap)                 \
    {                                                                                                                  \
        return name##_is_above(self, cap);                                                                             \
    }                                                                                                                  \
    static bool name##_kind_empty(const Container *Py_UNUSED(kind), PyObject *self, int *sparse)                       \
    {                                                                                                                  \
        return name##_empty(self, sparse);                                                                             \
    }

DEFINE_OPS(list)
DEFINE_OPS(dict)
DEFINE_OPS(set)
DEFINE_OPS(bytearray)

/* ---- OrderedDict and defaultdict ---- */

/* OrderedDict and defaultdict have data of their own, which only their tp_clear can release. It would also free the
   table. So the table is detached while tp_clear runs, and cleared afterwards. */
static bool
dict_subtype_empty(const Container *kind, PyObject *op, int *sparse)
{
    PyDictObject *self = (PyDictObject *)op;
    PyDictKeysObject *table = self->ma_keys;
    if (!keeps_capacity.dict || table == interp.empty_keys || !dict_owns_table(self)
        || clear_must_shrink(usable(table), table->dk_nentries, sparse)) {
        compat_dict_reset_version(self);
        PyObject *pending = stock_begin();
        return stock_end(pending, kind->type->tp_clear(op) == 0);
    }
    self->ma_keys = interp.empty_keys;
    self->ma_used = 0;
    compat_dict_reset_version(self);
    PyObject *pending = stock_begin();
    bool done = stock_end(pending, kind->type->tp_clear(op) == 0);
    table_empty(table);
    self->ma_keys = table;
    return done;
}

/* ---- deque ---- */

enum {
    DEQUE_BLOCK = 64, /* elements per block */
    DEQUE_SPARE = 18, /* the most blocks that a deque can have beyond those that its elements fill */
};

static Py_ssize_t deque_block_bytes; /* bytes per block; measured at import */

/* The bytes of an object beyond its fixed part, by its `__sizeof__`. -1 with an exception set. */
static Py_ssize_t
variable_bytes(const Container *kind, PyObject *self)
{
    PyObject *method = PyObject_GetAttr((PyObject *)kind->type, interp.sizeof_name);
    PyObject *bytes = method == NULL ? NULL : PyObject_CallOneArg(method, self);
    Py_ssize_t number = bytes == NULL ? -1 : PyLong_AsSsize_t(bytes) - Py_TYPE(self)->tp_basicsize;
    Py_XDECREF(bytes);
    Py_XDECREF(method);
    return number;
}

/* The same for an object that can be of refcount 0. If it fails, the exception is reported. Then the result is
   negative, without an exception set. */
static Py_ssize_t
variable_bytes_of_dead(const Container *kind, PyObject *self)
{
    PyObject *pending = stock_begin();
    bool is_dead = Py_REFCNT(self) == 0;
    if (is_dead) { /* `__sizeof__` is C code that keeps no reference, so the object can be resurrected for the call */
        compat_resurrect(self);
    }
    Py_ssize_t bytes = variable_bytes(kind, self);
    if (is_dead) {
        compat_decref_no_dealloc(self);
    }
    stock_end(pending, bytes >= 0);
    return bytes;
}

static bool
deque_is_above(const Container *kind, PyObject *self, Py_ssize_t cap)
{
    if (Py_SIZE(self) + DEQUE_SPARE * DEQUE_BLOCK <= cap) {
        return false; /* even with the most blocks that it can have, it is within `cap` */
    }
    Py_ssize_t bytes = variable_bytes_of_dead(kind, self);
    return bytes < 0 || bytes / deque_block_bytes * DEQUE_BLOCK > cap;
}

static bool
deque_empty(const Container *kind, PyObject *self, int *Py_UNUSED(sparse))
{
    /* deque.__init__ clears the deque and resets `maxlen`. It keeps some blocks. */
    PyObject *pending = stock_begin();
    return stock_end(pending, kind->type->tp_init(self, interp.no_arguments, NULL) == 0);
}

bool
deque_fill(PyObject *self, PyObject *items)
{
    if (LIKELY(stock_methods.deque_extend != NULL)) {
        PyObject *done = stock_methods.deque_extend(self, items);
        Py_XDECREF(done);
        return done != NULL;
    }
    PyObject *args = PyTuple_Pack(1, items);
    bool done = args != NULL && Py_TYPE(self)->tp_init(self, args, NULL) == 0;
    Py_XDECREF(args);
    return done;
}

/* ---- BytesIO ---- */

static bool
bytesio_is_above(const Container *kind, PyObject *self, Py_ssize_t cap)
{
    Py_ssize_t bytes = variable_bytes_of_dead(kind, self);
    return bytes < 0 || bytes > cap;
}

static bool
bytesio_empty(const Container *kind, PyObject *self, int *Py_UNUSED(sparse))
{
    /* BytesIO.__init__ clears the buffer, and reopens a closed one. It keeps no capacity. */
    PyObject *pending = stock_begin();
    return stock_end(pending, kind->type->tp_init(self, interp.empty_bytes_args, NULL) == 0);
}

/* ---- the table of containers ---- */

/* The places of classes in `containers` that are found at import. The four before them are builtin. */
enum { DEQUE = 4, ORDERED_DICT, DEFAULTDICT, BYTESIO, CONTAINERS };

static PyTypeObject *counter; /* collections.Counter: cleared as a dict, but with an `__init__` of its own */

static Container containers[CONTAINERS] = {
    {NULL, list_kind_is_above, list_kind_empty},
    {NULL, dict_kind_is_above, dict_kind_empty},
    {NULL, set_kind_is_above, set_kind_empty},
    {NULL, bytearray_kind_is_above, bytearray_kind_empty},
    {NULL, deque_is_above, deque_empty},
    {NULL, dict_kind_is_above, dict_subtype_empty},
    {NULL, dict_kind_is_above, dict_subtype_empty},
    {NULL, bytesio_is_above, bytesio_empty},
};

/* Set `deque_block_bytes`. False where that failed; an exception may be set. */
static bool
measure_deque_block(const Container *kind)
{
    PyObject *deque = PyObject_CallNoArgs((PyObject *)kind->type);
    if (deque == NULL) {
        return false;
    }
    deque_block_bytes = variable_bytes(kind, deque); /* an empty deque has one block */
    Py_DECREF(deque);
    return deque_block_bytes > 0;
}

/* Set `*function` to the function of a method with one argument, NULL if it has another signature. The class lives forever,
   and the function with it. False with an exception set. */
static bool
find_method(PyTypeObject *type, const char *name, PyCFunction *function)
{
    PyObject *method = PyObject_GetAttrString((PyObject *)type, name);
    if (method != NULL && Py_IS_TYPE(method, &PyMethodDescr_Type)) {
        const PyMethodDef *definition = ((PyMethodDescrObject *)method)->d_method;
        *function = definition->ml_flags == METH_O ? definition->ml_meth : NULL;
    }
    Py_XDECREF(method);
    return method != NULL;
}

/* Find a class of the standard library. `*type` is a strong reference that is never released. */
static bool
find(const char *module_name, const char *name, PyTypeObject **type)
{
    PyObject *module = PyImport_ImportModule(module_name);
    if (module != NULL) {
        *type = (PyTypeObject *)PyObject_GetAttrString(module, name);
        Py_DECREF(module);
    }
    return module != NULL && *type != NULL;
}

bool
containers_find(void)
{
    if (containers[0].type != NULL) {
        return true;
    }
    if (!find("collections", "deque", &containers[DEQUE].type)
        || !find("collections", "OrderedDict", &containers[ORDERED_DICT].type)
        || !find("collections", "defaultdict", &containers[DEFAULTDICT].type)
        || !find("io", "BytesIO", &containers[BYTESIO].type) || !find("collections", "Counter", &counter)
        || !measure_deque_block(&containers[DEQUE])
        || !find_method(containers[DEQUE].type, "extend", &stock_methods.deque_extend)
        || !find_method(&PySet_Type, "add", &stock_methods.set_add)) {
        return false;
    }
    containers[1].type = &PyDict_Type;
    containers[2].type = &PySet_Type;
    containers[3].type = &PyByteArray_Type;
    containers[0].type = &PyList_Type; /* last: the first line of this function tests it */
    return true;
}

const Container *
container_of(PyTypeObject *type)
{
    for (; type != NULL; type = type->tp_base) {
        for (int i = 0; i < CONTAINERS; i++) {
            if (containers[i].type == type) {
                return &containers[i];
            }
        }
    }
    return NULL;
}

bool
container_is_stock(PyTypeObject *type)
{
    const Container *container = container_of(type);
    return container != NULL && (container->type == type || type == counter);
}

bool
container_is_defaultdict(PyTypeObject *type)
{
    return type == containers[DEFAULTDICT].type;
}

bool
container_is_deque(PyTypeObject *type)
{
    return type == containers[DEQUE].type;
}

bool
container_needs_no_init(PyTypeObject *type, PyTypeObject *base)
{
    if (base == &PyBaseObject_Type) {
        return false;
    }
    PyObject *init = _PyType_Lookup(type, interp.init_name);
    return init == _PyType_Lookup(base, interp.init_name)
           || (PyType_IsSubtype(type, counter) && init == _PyType_Lookup(counter, interp.init_name));
}
