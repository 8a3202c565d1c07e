/* Emptying: how list, dict, set and bytearray are measured, and emptied with their room kept.

   They are emptied at refcount 0 and unknown to the collector, so nobody sees them half empty. Where `*_is_clean`, there
   is nothing to be done. */

#ifndef POOLED_CLEAR_INLINE_H
#define POOLED_CLEAR_INLINE_H

#include <string.h>

#include "base/compat.h"
#include "base/interp.h"
#include "containers/stock.h"

enum {
    SMALL = 64,       /* elements: room that nobody minds */
    SMALL_LOG2 = 6,   /* the same, for the tables of dicts */
    SPARSE = 8,       /* nearly empty: less than an eighth of the room was used */
    GIVES_BACK = 4,   /* every so many nearly empty lives */
};

/* Whether this object, with room for `room` and `used` of it in use, should give its room back. */
static inline bool
clear_gives_back(Py_ssize_t room, Py_ssize_t used, unsigned *sparse)
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

static inline bool
list_is_above(PyObject *self, Py_ssize_t cap)
{
    return ((PyListObject *)self)->allocated > cap;
}

static inline bool
list_is_clean(PyObject *self)
{
    return Py_SIZE(self) == 0 && ((PyListObject *)self)->allocated <= SMALL;
}

static inline bool
list_empty(PyObject *op, unsigned *sparse)
{
    PyListObject *self = (PyListObject *)op;
    Py_ssize_t count = Py_SIZE(self);
    if (UNLIKELY(!keeps_capacity.list || clear_gives_back(self->allocated, count, sparse))) {
        PyObject *pending = stock_begin();
        return stock_end(pending, PyList_SetSlice(op, 0, count, NULL) == 0);
    }
    Py_SET_SIZE(self, 0);
    for (Py_ssize_t i = count; --i >= 0;) {
        Py_XDECREF(self->ob_item[i]);
    }
    return true;
}

/* ---- set ---- */

static inline bool
set_is_above(PyObject *self, Py_ssize_t cap)
{
    return ((PySetObject *)self)->mask >= cap;
}

static inline bool
set_is_clean(PyObject *op)
{
    PySetObject *self = (PySetObject *)op;
    return self->fill == 0 && self->finger == 0 && self->hash == -1 && self->mask <= SMALL;
}

static inline bool
set_empty(PyObject *op, unsigned *sparse)
{
    PySetObject *self = (PySetObject *)op;
    if (UNLIKELY(!keeps_capacity.set || clear_gives_back(self->mask, self->fill, sparse))) {
        PyObject *pending = stock_begin();
        return stock_end(pending, PySet_Clear(op) == 0);
    }
    if (self->fill == self->used) {
        for (setentry *entry = self->table; self->used > 0; entry++) {
            PyObject *key = entry->key;
            if (key != NULL) { /* the table may be large: only what was touched is wiped */
                self->used--;
                entry->key = NULL;
                entry->hash = 0;
                Py_DECREF(key);
            }
        }
        self->fill = 0;
    }
    else {
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

static inline bool
dict_is_above(PyObject *self, Py_ssize_t cap)
{
    return table_of(self) != interp.empty_keys && usable(table_of(self)) > cap;
}

static inline bool
dict_is_clean(PyObject *op)
{
    PyDictObject *self = (PyDictObject *)op;
    PyDictKeysObject *table = self->ma_keys;
    return table->dk_nentries == 0 && table->dk_log2_size <= SMALL_LOG2 && self->ma_values == NULL;
}

/* Whether the dict's table is its own and can be emptied in place. */
static inline bool
dict_owns_table(PyDictObject *self)
{
    return self->ma_values == NULL && self->ma_keys->dk_refcnt == 1 && !compat_dict_is_watched(self);
}

/* The entries stay as they are: nobody looks at one beyond dk_nentries before it is written. */
static inline void
table_empty(PyDictKeysObject *table)
{
    Py_ssize_t count = table->dk_nentries;
    if (DK_IS_UNICODE(table)) {
        PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(table);
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_XDECREF(entries[i].me_key); /* NULL: it was removed */
            Py_XDECREF(entries[i].me_value);
        }
    }
    else {
        PyDictKeyEntry *entries = DK_ENTRIES(table);
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_XDECREF(entries[i].me_key);
            Py_XDECREF(entries[i].me_value);
        }
    }
    memset(table->dk_indices, 0xff, (size_t)1 << table->dk_log2_index_bytes); /* -1: nothing was ever here */
    table->dk_usable = usable(table);
    table->dk_nentries = 0;
    table->dk_version = 0;
}

static inline bool
dict_empty(PyObject *op, unsigned *sparse)
{
    PyDictObject *self = (PyDictObject *)op;
    PyDictKeysObject *table = self->ma_keys;
    compat_dict_reset_version(self);
    if (table == interp.empty_keys) {
        return true;
    }
    if (UNLIKELY(!keeps_capacity.dict || !dict_owns_table(self) || clear_gives_back(usable(table), table->dk_nentries, sparse))) {
        PyObject *pending = stock_begin();
        PyDict_Clear(op);
        return stock_end(pending, true);
    }
    if (table->dk_nentries != 0) {
        self->ma_used = 0;
        table_empty(table);
    }
    return true;
}

/* ---- bytearray ---- */

static inline bool
bytearray_is_above(PyObject *self, Py_ssize_t cap)
{
    return ((PyByteArrayObject *)self)->ob_alloc > cap;
}

static inline bool
bytearray_is_clean(PyObject *op)
{
    PyByteArrayObject *self = (PyByteArrayObject *)op;
    return Py_SIZE(self) == 0 && self->ob_alloc <= SMALL && self->ob_start == self->ob_bytes
           && compat_bytearray_is_made(self);
}

static inline bool
bytearray_empty(PyObject *op, unsigned *sparse)
{
    PyByteArrayObject *self = (PyByteArrayObject *)op;
    if (!compat_bytearray_is_made(self)) {
        PyObject *pending = stock_begin();
        return stock_end(pending, PyByteArray_Type.tp_init(op, interp.no_arguments, NULL) == 0);
    }
    bool keep = keeps_capacity.bytearray && compat_bytearray_owns_memory(self);
    if (UNLIKELY(!keep || clear_gives_back(self->ob_alloc, Py_SIZE(self), sparse))) {
        if (self->ob_alloc > 1) {
            Py_SET_SIZE(self, 1); /* from 0 to 0, it would keep what it has */
        }
        PyObject *pending = stock_begin();
        return stock_end(pending, Py_SIZE(self) == 0 || PyByteArray_Resize(op, 0) == 0);
    }
    Py_SET_SIZE(self, 0);
    self->ob_start = self->ob_bytes;
    self->ob_bytes[0] = '\0';
    return true;
}

#endif
