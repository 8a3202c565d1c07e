#include "module/probes.h"

#include "base/attrs.h"
#include "base/class_info.h"
#include "containers/containers.h"
#include "containers/stock.h"
#include "base/interp.h"
#include "base/gc_track.h"

/* Each probe first writes a value through the public API and reads it from the assumed place. An exception counts as a
   failure. */

enum { ITEMS = 300 }; /* more than fit into a dict with indices of one byte */

#if COMPAT_FREE_THREADED

/* The bit by which the collector tracks objects, and the two parts of the refcount of an object that is freed and
   revived. */
static bool
probe_collector(void)
{
    PyObject *list = PyList_New(0);
    bool good = list != NULL && !compat_is_finalized(list) && gc_is_tracked(list) && compat_is_unique(list);
    if (good) {
        gc_untrack_fast(list);
        good = !PyObject_GC_IsTracked(list);
        Py_INCREF(list);
        good = good && Py_REFCNT(list) == 2 && !compat_is_unique(list) && !compat_decref_no_dealloc(list);
        good = good && compat_decref_no_dealloc(list) && Py_REFCNT(list) == 0;
        compat_revive(list);
        good = good && Py_REFCNT(list) == 1 && compat_is_unique(list) && !PyObject_GC_IsTracked(list);
        gc_track_fast(list);
        good = good && PyObject_GC_IsTracked(list);
    }
    Py_XDECREF(list);
    return good;
}

#else

/* The links in the collector's header of objects, and the list of young objects. */
static bool
probe_collector(void)
{
    PyObject *before = PyList_New(0), *list = PyList_New(0), *behind = PyList_New(0);
    bool good = before != NULL && list != NULL && behind != NULL && !compat_is_finalized(list);
    PyGC_Head *head = good ? _Py_AS_GC(list) : NULL;
    good = good && _PyGCHead_PREV(head) == _Py_AS_GC(before) && _PyGCHead_NEXT(head) == _Py_AS_GC(behind);
    if (good) {
        gc_untrack_fast(list);
        good = !PyObject_GC_IsTracked(list) && _PyGCHead_NEXT(_Py_AS_GC(before)) == _Py_AS_GC(behind)
               && _PyGCHead_PREV(_Py_AS_GC(behind)) == _Py_AS_GC(before);
        gc_track_fast(list);
        good = good && PyObject_GC_IsTracked(list) && _PyGCHead_NEXT(_Py_AS_GC(behind)) == _Py_AS_GC(list);
    }
    Py_XDECREF(before);
    Py_XDECREF(list);
    Py_XDECREF(behind);
    return good;
}

#endif

/* Empty a container of refcount 1 as one of refcount 0 is emptied. */
static bool
empty(PyObject *self)
{
    const Container *kind = container_of(Py_TYPE(self));
    int sparse = 0;
    bool tracked = PyObject_IS_GC(self) && PyObject_GC_IsTracked(self);
    return kind->empty(kind, self, &sparse) && (!tracked || PyObject_GC_IsTracked(self));
}

/* ---- list ---- */

static bool
probe_list(void)
{
    PyObject *list = PyList_New(0);
    bool good = list != NULL;
    for (int i = 0; good && i < ITEMS; i++) {
        good = PyList_Append(list, Py_None) == 0;
    }
    if (good) {
        PyListObject *inner = (PyListObject *)list;
        Py_ssize_t room = inner->allocated;
        good = room >= ITEMS && inner->ob_item[ITEMS - 1] == Py_None;
        keeps_capacity.list = good;
        good = good && empty(list) && PyList_GET_SIZE(list) == 0 && inner->allocated == room
               && PyList_Append(list, Py_True) == 0 && PyList_GET_ITEM(list, 0) == Py_True && inner->allocated == room;
    }
    Py_XDECREF(list);
    return good;
}

/* ---- set and dict: filled with keys, emptied, and filled with others ---- */

static PyObject *
key_for(int number, bool in_text)
{
    return in_text ? PyUnicode_FromFormat("key %d", number) : PyLong_FromLong(number);
}

/* Insert the keys from `start`. Returns whether exactly these are found. */
static bool
fill(PyObject *self, int start, int count, bool in_text)
{
    bool is_dict = PyDict_Check(self);
    for (int i = start; i < start + count; i++) {
        PyObject *key = key_for(i, in_text);
        bool done = key != NULL && (is_dict ? PyDict_SetItem(self, key, key) : PySet_Add(self, key)) == 0;
        Py_XDECREF(key);
        if (!done) {
            return false;
        }
    }
    for (int i = 0; i < start + count; i++) {
        PyObject *key = key_for(i, in_text);
        int found = key == NULL ? -1 : PySequence_Contains(self, key);
        Py_XDECREF(key);
        if (found != (i >= start)) {
            return false;
        }
    }
    return PyObject_Size(self) == count;
}

static bool
probe_set(void)
{
    PyObject *set = PySet_New(NULL);
    PySetObject *inner = (PySetObject *)set;
    bool good = set != NULL && inner->mask == PySet_MINSIZE - 1 && inner->table == inner->smalltable
                && fill(set, 0, ITEMS, false) && inner->used == ITEMS && inner->fill == ITEMS;
    keeps_capacity.set = good;
    if (good) {
        Py_ssize_t mask = inner->mask;
        good = empty(set) && PySet_GET_SIZE(set) == 0 && fill(set, ITEMS, ITEMS, false) && inner->mask == mask;
    }
    Py_XDECREF(set);
    return good;
}

/* A dict of `count` keys whose first key was deleted. */
static bool
probe_table(int count, bool in_text)
{
    PyObject *dict = PyDict_New();
    PyObject *first = key_for(0, in_text);
    bool good = dict != NULL && first != NULL && fill(dict, 0, count, in_text) && PyDict_DelItem(dict, first) == 0;
    PyDictObject *inner = (PyDictObject *)dict;
    PyDictKeysObject *table = good ? inner->ma_keys : NULL;
    good = good && inner->ma_values == NULL && table->dk_refcnt == 1 && table->dk_nentries == count
           && table->dk_nentries + table->dk_usable == (Py_ssize_t)(((size_t)1 << table->dk_log2_size) * 2 / 3)
           && (DK_IS_UNICODE(table) != 0) == in_text;
    if (good) {
        good =
            empty(dict) && PyDict_GET_SIZE(dict) == 0 && fill(dict, count, count, in_text) && inner->ma_keys == table;
    }
    Py_XDECREF(first);
    Py_XDECREF(dict);
    return good;
}

static bool
probe_dict(void)
{
    keeps_capacity.dict = true;
    for (int in_text = 0; in_text < 2; in_text++) {
        if (!probe_table(1, in_text) || !probe_table(5, in_text) || !probe_table(ITEMS, in_text)) {
            return false;
        }
    }
    return true;
}

/* ---- bytearray ---- */

static bool
probe_bytearray(void)
{
    PyObject *bytes = PyByteArray_FromStringAndSize(NULL, ITEMS);
    PyByteArrayObject *inner = (PyByteArrayObject *)bytes;
    bool good = bytes != NULL && inner->ob_alloc >= ITEMS && inner->ob_start == PyByteArray_AS_STRING(bytes);
    keeps_capacity.bytearray = good;
    if (good) {
        Py_ssize_t room = inner->ob_alloc;
        good = empty(bytes) && PyByteArray_GET_SIZE(bytes) == 0 && inner->ob_alloc == room
               && PyByteArray_Resize(bytes, room - 1) == 0 && inner->ob_alloc == room;
    }
    Py_XDECREF(bytes);
    return good;
}

/* ---- the values of instances ---- */

static bool
is_attribute(PyObject *self, const char *name, PyObject *expected)
{
    PyObject *value = PyObject_GetAttrString(self, name);
    Py_XDECREF(value);
    return value == expected;
}

static bool
probe_values(void)
{
    PyObject *cls = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){}", "_");
    PyObject *self = cls == NULL ? NULL : PyObject_CallNoArgs(cls);
    CompatValues values;
    bool good = self != NULL && PyObject_SetAttrString(self, "a", Py_None) == 0
                && PyObject_SetAttrString(self, "b", Py_True) == 0;
    good = good && compat_has_values(Py_TYPE(self)) && compat_values(self, &values) && *values.count == 2
           && values.items[values.order[0]] == Py_None && values.items[values.order[values.step]] == Py_True;
    for (int round = 0; good && round < 2; round++) { /* with values, and with a dict */
        attrs_empty(self);
        good = !PyObject_HasAttrString(self, "a") && PyObject_SetAttrString(self, "b", Py_False) == 0
               && is_attribute(self, "b", Py_False) && !PyObject_HasAttrString(self, "a");
        PyObject *dict = good ? PyObject_GetAttrString(self, "__dict__") : NULL;
        good = dict != NULL && PyDict_GET_SIZE(dict) == 1;
        Py_XDECREF(dict);
    }
    Py_XDECREF(self);
    Py_XDECREF(cls);
    PyErr_Clear();
    return good;
}

/* ---- all ---- */

bool
probes_run(void)
{
    if (!probe_collector() || !probe_values() || !class_info_probe()) {
        PyErr_SetString(
            PyExc_ImportError, "the native engine was built for a different Python than this one; reinstall pooled");
        return false;
    }
    keeps_capacity.list = probe_list();
    keeps_capacity.dict = probe_dict();
    keeps_capacity.set = probe_set();
    keeps_capacity.bytearray = probe_bytearray();
    PyErr_Clear();
    return true;
}
