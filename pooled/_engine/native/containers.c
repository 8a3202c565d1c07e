#include "containers.h"

#include <string.h>

#include "learned.h"

/* Static, since deallocs have nothing else to go by; set at import, and never again. */
Keeps keeps;

enum {
    SMALL = 64,       /* elements: room that nobody minds */
    SPARSE = 8,       /* nearly empty: less than an eighth of the room was used */
    GIVES_BACK = 4,   /* every so many nearly empty lives */
    DEQUE_BLOCK = 64, /* elements of a block */
    DEQUE_SPARE = 18, /* blocks that a deque may have beyond those that its elements fill */
};

/* Whether this object, with room for `room` and `used` of it in use, should give its room back. */
static inline bool
gives_back(Py_ssize_t room, Py_ssize_t used, unsigned *sparse)
{
    if (LIKELY(room <= SMALL || used >= room / SPARSE)) {
        return false;
    }
    if (++*sparse < GIVES_BACK) {
        return false;
    }
    *sparse = 0;
    return true;
}

/* ---- list ---- */

static bool
list_is_above(const Container *Py_UNUSED(kind), PyObject *self, Py_ssize_t cap)
{
    return ((PyListObject *)self)->allocated > cap;
}

static bool
list_empty(const Container *Py_UNUSED(kind), PyObject *op, unsigned *sparse)
{
    PyListObject *self = (PyListObject *)op;
    Py_ssize_t count = Py_SIZE(self);
    if (UNLIKELY(!keeps.list || gives_back(self->allocated, count, sparse))) {
        return PyList_SetSlice(op, 0, count, NULL) == 0;
    }
    Py_SET_SIZE(self, 0);
    for (Py_ssize_t i = count; --i >= 0;) {
        Py_XDECREF(self->ob_item[i]);
    }
    return true;
}

/* ---- set ---- */

static bool
set_is_above(const Container *Py_UNUSED(kind), PyObject *self, Py_ssize_t cap)
{
    return ((PySetObject *)self)->mask >= cap;
}

static bool
set_empty(const Container *Py_UNUSED(kind), PyObject *op, unsigned *sparse)
{
    PySetObject *self = (PySetObject *)op;
    if (UNLIKELY(!keeps.set || gives_back(self->mask, self->fill, sparse))) {
        return PySet_Clear(op) == 0;
    }
    if (self->fill != 0) {
        setentry *entry = self->table;
        for (Py_ssize_t left = self->used; left > 0; entry++) {
            if (entry->key != NULL && entry->hash != -1) { /* -1: something was here, and was removed */
                left--;
                Py_DECREF(entry->key);
            }
        }
        memset(self->table, 0, (size_t)(self->mask + 1) * sizeof(setentry));
        self->fill = self->used = 0;
    }
    self->finger = 0;
    self->hash = -1;
    return true;
}

/* ---- dict ---- */

/* How many entries a table of this size has. */
static inline Py_ssize_t
usable(const PyDictKeysObject *table)
{
    return (Py_ssize_t)(((size_t)1 << table->dk_log2_size) * 2 / 3);
}

static inline PyDictKeysObject *
table_of(PyObject *self)
{
    return ((PyDictObject *)self)->ma_keys;
}

static bool
dict_is_above(const Container *Py_UNUSED(kind), PyObject *self, Py_ssize_t cap)
{
    return table_of(self) != learned.no_table && usable(table_of(self)) > cap;
}

/* Whether the dict's table is its own and can be emptied in place. */
static inline bool
dict_owns_table(PyDictObject *self)
{
    return self->ma_values == NULL && self->ma_keys->dk_refcnt == 1 && !compat_dict_is_watched(self);
}

static void
table_empty(PyDictKeysObject *table)
{
    Py_ssize_t count = table->dk_nentries;
    if (DK_IS_UNICODE(table)) {
        PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(table);
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_XDECREF(entries[i].me_key); /* NULL: it was removed */
            Py_XDECREF(entries[i].me_value);
        }
        memset(entries, 0, (size_t)count * sizeof(*entries));
    }
    else {
        PyDictKeyEntry *entries = DK_ENTRIES(table);
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_XDECREF(entries[i].me_key);
            Py_XDECREF(entries[i].me_value);
        }
        memset(entries, 0, (size_t)count * sizeof(*entries));
    }
    memset(table->dk_indices, 0xff, (size_t)1 << table->dk_log2_index_bytes); /* -1: nothing was ever here */
    table->dk_usable = usable(table);
    table->dk_nentries = 0;
    table->dk_version = 0;
}

static bool
dict_empty(const Container *Py_UNUSED(kind), PyObject *op, unsigned *sparse)
{
    PyDictObject *self = (PyDictObject *)op;
    PyDictKeysObject *table = self->ma_keys;
    compat_dict_is_another(self);
    if (table == learned.no_table) {
        return true;
    }
    if (UNLIKELY(!keeps.dict || !dict_owns_table(self) || gives_back(usable(table), table->dk_nentries, sparse))) {
        PyDict_Clear(op);
        return true;
    }
    if (table->dk_nentries != 0) {
        self->ma_used = 0;
        table_empty(table);
    }
    return true;
}

/* OrderedDict and defaultdict have more than a dict has, and know how to let go of it: while the table is taken out. */
static bool
dict_with_more_empty(const Container *kind, PyObject *op, unsigned *sparse)
{
    PyDictObject *self = (PyDictObject *)op;
    PyDictKeysObject *table = self->ma_keys;
    if (!keeps.dict || table == learned.no_table || !dict_owns_table(self)
        || gives_back(usable(table), table->dk_nentries, sparse)) {
        compat_dict_is_another(self);
        return kind->type->tp_clear(op) == 0;
    }
    self->ma_keys = learned.no_table;
    self->ma_used = 0;
    compat_dict_is_another(self);
    bool done = kind->type->tp_clear(op) == 0;
    table_empty(table);
    self->ma_keys = table;
    return done;
}

/* ---- bytearray ---- */

static bool
bytearray_is_above(const Container *Py_UNUSED(kind), PyObject *self, Py_ssize_t cap)
{
    return ((PyByteArrayObject *)self)->ob_alloc > cap;
}

static bool
bytearray_empty(const Container *kind, PyObject *op, unsigned *sparse)
{
    PyByteArrayObject *self = (PyByteArrayObject *)op;
    if (!compat_bytearray_is_made(self)) {
        return kind->type->tp_init(op, learned.no_arguments, NULL) == 0;
    }
    bool keep = keeps.bytearray && compat_bytearray_owns_memory(self);
    if (UNLIKELY(!keep || gives_back(self->ob_alloc, Py_SIZE(self), sparse))) {
        if (self->ob_alloc > 1) {
            Py_SET_SIZE(self, 1); /* from 0 to 0, it would keep what it has */
        }
        return Py_SIZE(self) == 0 || PyByteArray_Resize(op, 0) == 0;
    }
    Py_SET_SIZE(self, 0);
    self->ob_start = self->ob_bytes;
    self->ob_bytes[0] = '\0';
    return true;
}

/* ---- deque ---- */

static Py_ssize_t deque_block_bytes; /* read at import */

/* Bytes of a deque beyond its fixed part, by its own account. -1 with an exception set. */
static Py_ssize_t
deque_bytes(const Container *kind, PyObject *self)
{
    PyObject *method = PyObject_GetAttr((PyObject *)kind->type, learned.sizeof_name);
    PyObject *bytes = method == NULL ? NULL : PyObject_CallOneArg(method, self);
    Py_ssize_t number = bytes == NULL ? -1 : PyLong_AsSsize_t(bytes) - Py_TYPE(self)->tp_basicsize;
    Py_XDECREF(bytes);
    Py_XDECREF(method);
    return number;
}

static bool
deque_is_above(const Container *kind, PyObject *self, Py_ssize_t cap)
{
    if (Py_SIZE(self) + DEQUE_SPARE * DEQUE_BLOCK <= cap) {
        return false; /* without asking */
    }
    Py_SET_REFCNT(self, 1); /* alive for the length of a call of C code, which keeps nothing */
    Py_ssize_t bytes = deque_bytes(kind, self);
    Py_SET_REFCNT(self, 0);
    if (bytes < 0) {
        PyErr_Clear();
        return true;
    }
    return bytes / deque_block_bytes * DEQUE_BLOCK > cap;
}

static bool
deque_empty(const Container *kind, PyObject *self, unsigned *Py_UNUSED(sparse))
{
    /* Its __init__ empties it and forgets maxlen; it keeps some blocks. */
    return kind->type->tp_init(self, learned.no_arguments, NULL) == 0;
}

/* ---- all of them ---- */

enum { CONTAINERS = 7 };

static Container containers[CONTAINERS] = {
    {NULL, list_is_above, list_empty},
    {NULL, dict_is_above, dict_empty},
    {NULL, set_is_above, set_empty},
    {NULL, bytearray_is_above, bytearray_empty},
    {NULL, deque_is_above, deque_empty},
    {NULL, dict_is_above, dict_with_more_empty},
    {NULL, dict_is_above, dict_with_more_empty},
};

static bool
learn_from_a_deque(const Container *kind)
{
    PyObject *deque = PyObject_CallNoArgs((PyObject *)kind->type);
    if (deque == NULL) {
        return false;
    }
    deque_block_bytes = deque_bytes(kind, deque); /* an empty one has a block */
    Py_DECREF(deque);
    return deque_block_bytes > 0;
}

bool
containers_find(void)
{
    if (containers[0].type != NULL) {
        return true;
    }
    PyObject *module = PyImport_ImportModule("collections");
    if (module == NULL) {
        return false;
    }
    static const char *const names[] = {"deque", "OrderedDict", "defaultdict"};
    for (int i = 0; i < 3; i++) {
        containers[4 + i].type = (PyTypeObject *)PyObject_GetAttrString(module, names[i]); /* kept for good */
        if (containers[4 + i].type == NULL) {
            Py_DECREF(module);
            return false;
        }
    }
    Py_DECREF(module);
    if (!learn_from_a_deque(&containers[4])) {
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
