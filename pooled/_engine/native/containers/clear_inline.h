/* Inline clearing: how list, dict, set and bytearray are measured, and cleared in place with their capacity kept.

   Clearing in place writes the structs of CPython directly, and the container is inconsistent meanwhile. Two conditions
   make that safe. No code can reach the container: its refcount is 0, or its only reference is in such an object. And
   the collector does not track it. So the code that a released item runs cannot see a half-cleared container.

   The probes verify the layout of the structs at import. A container whose probe failed is cleared by CPython's own
   function. */

#ifndef POOLED_CLEAR_INLINE_H
#define POOLED_CLEAR_INLINE_H

#include <string.h>

#include "base/compat.h"
#include "base/interp.h"
#include "containers/stock.h"

enum {
    SMALL_CAPACITY = 64, /* a capacity up to this is always kept; in elements or bytes */
    SMALL_LOG2_SIZE = 6, /* the same for the table of a dict */
    SPARSE_DIVISOR = 8,  /* an object is sparse if it used less than an eighth of its capacity */
    SPARSE_LIVES = 4,    /* one of this many sparse objects is shrunk */
};

/* Whether an object must be shrunk, where `room` is its capacity and `used` what it used of it. Counts sparse objects
   in `*sparse`. */
static inline bool
clear_must_shrink(Py_ssize_t room, Py_ssize_t used, int *sparse)
{
    if (LIKELY(room <= SMALL_CAPACITY || used >= room / SPARSE_DIVISOR)) {
        return false;
    }
    /* Threads may count at the same time, and lose a count: an estimate is enough. */
    int count = compat_load_int(sparse) + 1;
    compat_store_int(sparse, count < SPARSE_LIVES ? count : 0);
    return count >= SPARSE_LIVES;
}

/* Each class has three functions. `*_is_above`: whether the capacity is more than `cap`. `*_is_clean`: whether the
   container is empty and small, so that it needs no clearing. `*_empty`: clear it; false if that failed, and then the
   exception has been reported. */

/* ---- list ---- */

static inline bool
list_is_above(PyObject *self, Py_ssize_t cap)
{
    return ((PyListObject *)self)->allocated > cap;
}

static inline bool
list_is_clean(PyObject *self)
{
    return Py_SIZE(self) == 0 && ((PyListObject *)self)->allocated <= SMALL_CAPACITY;
}

static inline bool
list_empty(PyObject *op, int *sparse)
{
    PyListObject *self = (PyListObject *)op;
    Py_ssize_t count = Py_SIZE(self);
    if (UNLIKELY(!keeps_capacity.list || clear_must_shrink(self->allocated, count, sparse))) {
        PyObject *pending = stock_begin();
        return stock_end(pending, PyList_SetSlice(op, 0, count, NULL) == 0);
    }
    Py_SET_SIZE(self, 0); /* CPython reads no item at or above the size, so the pointers in the array can stay */
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
    return self->fill == 0 && self->finger == 0 && self->hash == -1 && self->mask <= SMALL_CAPACITY;
}

static inline bool
set_empty(PyObject *op, int *sparse)
{
    PySetObject *self = (PySetObject *)op;
    if (UNLIKELY(!keeps_capacity.set || clear_must_shrink(self->mask, self->fill, sparse))) {
        PyObject *pending = stock_begin();
        return stock_end(pending, PySet_Clear(op) == 0);
    }
    if (self->fill == self->used) { /* no key was removed: the table has no dummy entries */
        for (setentry *entry = self->table; self->used > 0; entry++) {
            PyObject *key = entry->key;
            if (key != NULL) { /* the table may be large: write only the entries that were used */
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
            if (entry->key != NULL && entry->hash != -1) { /* a hash of -1 marks a dummy: the key was removed */
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

/* Whether a set is like a new one, so that it will iterate over the same items in the same order. */
static inline bool
set_is_fresh(PyObject *op)
{
    PySetObject *self = (PySetObject *)op;
    return set_is_clean(op) && self->table == self->smalltable;
}

/* Clear a set, and make it like a new one; a larger table is freed. */
static inline bool
set_refresh(PyObject *op)
{
    PyObject *pending = stock_begin();
    bool done = stock_end(pending, PySet_Clear(op) == 0);
    ((PySetObject *)op)->finger = 0;
    return done;
}

/* ---- dict ---- */

/* The number of entries that a table of this size can hold, as in CPython's USABLE_FRACTION. */
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
    return table->dk_nentries == 0 && table->dk_log2_size <= SMALL_LOG2_SIZE && self->ma_values == NULL;
}

/* Whether the dict is the only owner of its table, so that the table can be cleared in place. A watched dict must be
   cleared by CPython, which notifies the watchers. */
static inline bool
dict_owns_table(PyDictObject *self)
{
    return self->ma_values == NULL && self->ma_keys->dk_refcnt == 1 && !compat_dict_is_watched(self);
}

/* Clear a table that only one dict owns. The pointers in the entries can stay: CPython writes an entry at or above
   `dk_nentries` before it reads it. */
static inline void
table_empty(PyDictKeysObject *table)
{
    Py_ssize_t count = table->dk_nentries;
    if (DK_IS_UNICODE(table)) {
        PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(table);
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_XDECREF(entries[i].me_key); /* NULL if the key was removed */
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
    /* An index of -1 was never used. */
    memset(table->dk_indices, 0xff, (size_t)1 << table->dk_log2_index_bytes);
    table->dk_usable = usable(table);
    table->dk_nentries = 0;
    table->dk_version = 0;
}

static inline bool
dict_empty(PyObject *op, int *sparse)
{
    PyDictObject *self = (PyDictObject *)op;
    PyDictKeysObject *table = self->ma_keys;
    compat_dict_reset_version(self);
    if (table == interp.empty_keys) {
        return true;
    }
    if (UNLIKELY(!keeps_capacity.dict || !dict_owns_table(self)
                 || clear_must_shrink(usable(table), table->dk_nentries, sparse))) {
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
    return Py_SIZE(self) == 0 && self->ob_alloc <= SMALL_CAPACITY && self->ob_start == self->ob_bytes
           && compat_bytearray_is_made(self);
}

static inline bool
bytearray_empty(PyObject *op, int *sparse)
{
    PyByteArrayObject *self = (PyByteArrayObject *)op;
    if (!compat_bytearray_is_made(self)) {
        PyObject *pending = stock_begin();
        return stock_end(pending, PyByteArray_Type.tp_init(op, interp.no_arguments, NULL) == 0);
    }
    bool keep = keeps_capacity.bytearray && compat_bytearray_owns_memory(self);
    if (UNLIKELY(!keep || clear_must_shrink(self->ob_alloc, Py_SIZE(self), sparse))) {
        if (self->ob_alloc > 1) {
            Py_SET_SIZE(self, 1); /* PyByteArray_Resize does nothing if the size is 0 already */
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
