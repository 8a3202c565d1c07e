#include "containers/containers.h"

#include "containers/clear_inline.h"

/* ---- those that are emptied inline ---- */

#define AS_CONTAINER(name)                                                                                             \
    static bool name##_kind_is_above(const Container *Py_UNUSED(kind), PyObject *self, Py_ssize_t cap)                 \
    {                                                                                                                  \
        return name##_is_above(self, cap);                                                                             \
    }                                                                                                                  \
    static bool name##_kind_empty(const Container *Py_UNUSED(kind), PyObject *self, unsigned *sparse)                  \
    {                                                                                                                  \
        return name##_empty(self, sparse);                                                                             \
    }

AS_CONTAINER(list)
AS_CONTAINER(dict)
AS_CONTAINER(set)
AS_CONTAINER(bytearray)

/* ---- dicts with more ---- */

/* OrderedDict and defaultdict have more than a dict has, and know how to let go of it: while the table is taken out. */
static bool
dict_with_more_empty(const Container *kind, PyObject *op, unsigned *sparse)
{
    PyDictObject *self = (PyDictObject *)op;
    PyDictKeysObject *table = self->ma_keys;
    if (!keeps_capacity.dict || table == interp.empty_keys || !dict_owns_table(self)
        || clear_gives_back(usable(table), table->dk_nentries, sparse)) {
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
    DEQUE_BLOCK = 64, /* elements of a block */
    DEQUE_SPARE = 18, /* blocks that a deque may have beyond those that its elements fill */
};

static Py_ssize_t deque_block_bytes; /* read at import */

/* Bytes of an object beyond its fixed part, by its own account. -1 with an exception set. */
static Py_ssize_t
bytes_beyond(const Container *kind, PyObject *self)
{
    PyObject *method = PyObject_GetAttr((PyObject *)kind->type, interp.sizeof_name);
    PyObject *bytes = method == NULL ? NULL : PyObject_CallOneArg(method, self);
    Py_ssize_t number = bytes == NULL ? -1 : PyLong_AsSsize_t(bytes) - Py_TYPE(self)->tp_basicsize;
    Py_XDECREF(bytes);
    Py_XDECREF(method);
    return number;
}

/* The same for one that may be of refcount 0; -1 without an exception. */
static Py_ssize_t
bytes_of_dying(const Container *kind, PyObject *self)
{
    PyObject *pending = stock_begin();
    bool is_dead = Py_REFCNT(self) == 0;
    if (is_dead) { /* alive for the length of a call of C code, which keeps_capacity nothing */
        compat_resurrect(self);
    }
    Py_ssize_t bytes = bytes_beyond(kind, self);
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
        return false; /* without asking */
    }
    Py_ssize_t bytes = bytes_of_dying(kind, self);
    return bytes < 0 || bytes / deque_block_bytes * DEQUE_BLOCK > cap;
}

static bool
deque_empty(const Container *kind, PyObject *self, unsigned *Py_UNUSED(sparse))
{
    /* Its __init__ empties it and forgets maxlen; it keeps_capacity some blocks. */
    PyObject *pending = stock_begin();
    return stock_end(pending, kind->type->tp_init(self, interp.no_arguments, NULL) == 0);
}

/* ---- BytesIO ---- */

static bool
bytesio_is_above(const Container *kind, PyObject *self, Py_ssize_t cap)
{
    Py_ssize_t bytes = bytes_of_dying(kind, self);
    return bytes < 0 || bytes > cap;
}

static bool
bytesio_empty(const Container *kind, PyObject *self, unsigned *Py_UNUSED(sparse))
{
    /* Its __init__ empties it, and opens it where it was closed. It keeps_capacity no room. */
    PyObject *pending = stock_begin();
    return stock_end(pending, kind->type->tp_init(self, interp.empty_bytes_args, NULL) == 0);
}

/* ---- all of them ---- */

enum { DEQUE = 4, ORDERED_DICT, DEFAULTDICT, BYTESIO, CONTAINERS };

static PyTypeObject *counter;

static Container containers[CONTAINERS] = {
    {NULL, list_kind_is_above, list_kind_empty},
    {NULL, dict_kind_is_above, dict_kind_empty},
    {NULL, set_kind_is_above, set_kind_empty},
    {NULL, bytearray_kind_is_above, bytearray_kind_empty},
    {NULL, deque_is_above, deque_empty},
    {NULL, dict_kind_is_above, dict_with_more_empty},
    {NULL, dict_kind_is_above, dict_with_more_empty},
    {NULL, bytesio_is_above, bytesio_empty},
};

static bool
learn_from_a_deque(const Container *kind)
{
    PyObject *deque = PyObject_CallNoArgs((PyObject *)kind->type);
    if (deque == NULL) {
        return false;
    }
    deque_block_bytes = bytes_beyond(kind, deque); /* an empty one has a block */
    Py_DECREF(deque);
    return deque_block_bytes > 0;
}

/* Find a class of the standard library; it is kept for good. */
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
        || !learn_from_a_deque(&containers[DEQUE])) {
        return false;
    }
    containers[1].type = &PyDict_Type;
    containers[2].type = &PySet_Type;
    containers[3].type = &PyByteArray_Type;
    containers[0].type = &PyList_Type;
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
