/* Inline filling: what `__init__` does to an empty list, dict, set or bytearray that has kept its capacity. The functions
   return false with an exception set.

   If only memory has to be copied, they write the structs of CPython directly, like clear_inline.h, if its probes have
   succeeded. Without a GIL, other threads could change the items meanwhile, so CPython's own functions do it. */

#ifndef POOLED_FILL_INLINE_H
#define POOLED_FILL_INLINE_H

#include "containers/clear_inline.h"

/* ---- list ---- */

static inline bool
list_fill(PyObject *op, PyObject *items)
{
    PyListObject *self = (PyListObject *)op;
    bool is_list = PyList_CheckExact(items);
    bool is_copied = !COMPAT_FREE_THREADED && keeps_capacity.list && (is_list || PyTuple_CheckExact(items));
    if (!is_copied || Py_SIZE(items) > self->allocated) {
        return compat_list_extend(op, items);
    }
    PyObject **from = is_list ? ((PyListObject *)items)->ob_item : ((PyTupleObject *)items)->ob_item;
    Py_ssize_t count = Py_SIZE(items);
    for (Py_ssize_t i = 0; i < count; i++) {
        self->ob_item[i] = Py_NewRef(from[i]);
    }
    Py_SET_SIZE(op, count);
    return true;
}

/* ---- dict ---- */

/* Whether a table can be copied into that of an empty dict: no entry was removed, and the tables have the same size. */
static inline bool
table_fits(PyDictObject *self, PyDictObject *items)
{
    const PyDictKeysObject *table = self->ma_keys, *source = items->ma_keys;
    return table->dk_log2_size == source->dk_log2_size && table->dk_kind == source->dk_kind && items->ma_values == NULL
           && items->ma_used == source->dk_nentries && self->ma_keys != interp.empty_keys && dict_owns_table(self);
}

/* Copy an exact dict. For any other argument, dict.__init__ determines whether it is a mapping or pairs. */
static inline bool
dict_fill(PyObject *op, PyObject *items)
{
    PyDictObject *self = (PyDictObject *)op, *other = (PyDictObject *)items;
    if (COMPAT_FREE_THREADED || !keeps_capacity.dict || !table_fits(self, other)) {
        return other->ma_used == 0 || PyDict_Merge(op, items, 1) == 0;
    }
    PyDictKeysObject *table = self->ma_keys, *source = other->ma_keys;
    Py_ssize_t count = source->dk_nentries;
    memcpy(table->dk_indices, source->dk_indices, (size_t)1 << source->dk_log2_index_bytes);
    if (DK_IS_UNICODE(source)) {
        const PyDictUnicodeEntry *from = DK_UNICODE_ENTRIES(source);
        PyDictUnicodeEntry *to = DK_UNICODE_ENTRIES(table);
        for (Py_ssize_t i = 0; i < count; i++) {
            to[i] = (PyDictUnicodeEntry){Py_NewRef(from[i].me_key), Py_NewRef(from[i].me_value)};
        }
    }
    else {
        const PyDictKeyEntry *from = DK_ENTRIES(source);
        PyDictKeyEntry *to = DK_ENTRIES(table);
        for (Py_ssize_t i = 0; i < count; i++) {
            to[i] = (PyDictKeyEntry){from[i].me_hash, Py_NewRef(from[i].me_key), Py_NewRef(from[i].me_value)};
        }
    }
    table->dk_usable = source->dk_usable;
    table->dk_nentries = count;
    self->ma_used = count;
    compat_dict_renew_version(self, &dict_versions);
    return true;
}

/* ---- set ---- */

enum { FEW_ITEMS = 16 }; /* up to this many, a call for each costs less than an iterator */

/* Of a short list or tuple, item by item. Their `__hash__` and `__eq__` may change the list meanwhile. */
static inline bool
set_fill(PyObject *self, PyObject *items)
{
    bool is_list = PyList_CheckExact(items);
    bool has_few = (is_list || PyTuple_CheckExact(items)) && Py_SIZE(items) <= FEW_ITEMS;
    if (COMPAT_FREE_THREADED || !has_few || stock_methods.set_add == NULL) {
        return _PySet_Update(self, items) == 0;
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(items); i++) {
        PyObject *item = Py_NewRef(is_list ? PyList_GET_ITEM(items, i) : PyTuple_GET_ITEM(items, i));
        PyObject *done = stock_methods.set_add(self, item);
        Py_DECREF(item);
        if (UNLIKELY(done == NULL)) {
            return false;
        }
        Py_DECREF(done);
    }
    return true;
}

/* ---- bytearray ---- */

/* Copy an exact bytes object. */
static inline bool
bytearray_fill(PyObject *op, PyObject *items)
{
    PyByteArrayObject *self = (PyByteArrayObject *)op;
    Py_ssize_t count = PyBytes_GET_SIZE(items);
    bool fits = keeps_capacity.bytearray && count < self->ob_alloc && self->ob_start == self->ob_bytes;
    if (LIKELY(fits && compat_bytearray_owns_memory(self))) {
        memcpy(self->ob_start, PyBytes_AS_STRING(items), (size_t)count + 1); /* with the null byte */
        Py_SET_SIZE(op, count);
        return true;
    }
    if (!compat_bytearray_is_made(self) && PyByteArray_Type.tp_init(op, interp.no_arguments, NULL) < 0) {
        return false;
    }
    if (count != 0 && PyByteArray_Resize(op, count) < 0) {
        return false;
    }
    memcpy(PyByteArray_AS_STRING(op), PyBytes_AS_STRING(items), (size_t)count);
    return true;
}

#endif
