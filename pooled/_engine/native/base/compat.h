/* What differs between CPython 3.11 and 3.15, each behind a name. Nothing else asks for a version.

   What rests on internal headers is tried out at import (probes.c), and not used where it does not hold. */

#ifndef POOLED_COMPAT_H
#define POOLED_COMPAT_H

#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE_MODULE 1 /* opens the internal headers */
#include <Python.h>

#if defined(Py_GIL_DISABLED)
#define COMPAT_FREE_THREADED 1
#else
#define COMPAT_FREE_THREADED 0
#endif
#if COMPAT_FREE_THREADED && (PY_VERSION_HEX < 0x030d0000 || PY_VERSION_HEX >= 0x030e0000)
#error "of the free-threaded builds, the native engine knows that of 3.13; setup.py leaves it out of the others"
#endif
#if PY_VERSION_HEX < 0x030b0000
#error "pooled needs Python 3.11 or newer"
#endif

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif
#include "internal/pycore_dict.h"   /* the tables of dicts, the values of instances */
#include "internal/pycore_gc.h"     /* whether the collector has found an object */
#include "internal/pycore_object.h" /* where an instance has its dict */
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <structmember.h> /* T_OBJECT_EX, READONLY */

#if defined(__GNUC__)
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define COLD __attribute__((noinline, cold))
#define APART __attribute__((noinline)) /* so that what is called less does not cost what is called more */
#define ALWAYS_INLINE inline __attribute__((always_inline)) /* a constant argument makes it another function */
#else
#define APART
#if defined(_MSC_VER)
#define ALWAYS_INLINE __forceinline
#else
#define ALWAYS_INLINE inline
#endif
#define LIKELY(condition) (condition)
#define UNLIKELY(condition) (condition)
#define COLD
#endif

/* One instruction instead of a call, where the C library keeps_capacity room for it (glibc does, musl does not). */
#if defined(__GLIBC__) && defined(__GNUC__)
#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#elif defined(_MSC_VER)
#define THREAD_LOCAL __declspec(thread)
#else
#define THREAD_LOCAL _Thread_local
#endif

/* All that follows is ours alone, so that no other library's names come in between, and no look-up either. */
#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* ---- objects and the collector ---- */

/* Make an object of refcount 0 one of refcount 1, which is this thread's. It may be alive already for Python's own
   debugging tools, which want to be told. */
static inline void
compat_revive(PyObject *self)
{
#if COMPAT_FREE_THREADED
    uint8_t delayed = self->ob_gc_bits & _PyGC_BITS_SHARED_INLINE; /* its memory is to be freed with a delay */
    _Py_NewReference(self);
    self->ob_gc_bits |= delayed;
#else
    _Py_NewReference(self);
#endif
}

#if COMPAT_FREE_THREADED

/* A count has two parts. One is its owner's, the thread that `ob_tid` names, which counts without locking; all others
   share the other, which may be negative, and has flags. When the owner has let go, they are merged, and nobody owns the
   object. What is dead has none of the first, and of the second nothing but the flag that says so, or nothing at all:
   then nobody who still has its address, which is so for readers without a lock, can get a reference. */

static inline Py_ssize_t
compat_shared_count(PyObject *self)
{
    return _Py_atomic_load_ssize_acquire(&self->ob_ref_shared);
}

/* Whether ours is the only reference to an object, and nobody can get another. No for some that are: those that another
   thread owns. */
static inline bool
compat_is_unique(PyObject *self)
{
    if (LIKELY(_Py_IsOwnedByCurrentThread(self))) {
        return self->ob_ref_local == 1 && compat_shared_count(self) == 0;
    }
    return _Py_atomic_load_uintptr_relaxed(&self->ob_tid) == 0
           && compat_shared_count(self) == _Py_REF_SHARED(1, _Py_REF_MERGED);
}

/* Put `count` for the shared part, which nobody changes meanwhile; give the new one. */
static inline Py_ssize_t
compat_merge(PyObject *self, Py_ssize_t more)
{
    Py_ssize_t shared = compat_shared_count(self), merged;
    do {
        merged = _Py_REF_SHARED((shared >> _Py_REF_SHARED_SHIFT) + more, _Py_REF_MERGED);
    } while (!_Py_atomic_compare_exchange_ssize(&self->ob_ref_shared, &shared, merged));
    return merged;
}

/* Let go of our reference without its being the end of the object, which we made alive: whether it was the last. */
static inline bool
compat_decref_no_dealloc(PyObject *self)
{
    if (LIKELY(_Py_IsOwnedByCurrentThread(self))) {
        uint32_t left = self->ob_ref_local - 1;
        _Py_atomic_store_uint32_relaxed(&self->ob_ref_local, left);
        if (left != 0) {
            return false;
        }
        if (LIKELY(compat_shared_count(self) == 0)) {
            return true;
        }
        _Py_atomic_store_uintptr_relaxed(&self->ob_tid, 0);
        return compat_merge(self, 0) == _Py_REF_MERGED;
    }
    return compat_merge(self, -1) == _Py_REF_MERGED; /* merged while we had it: only we could have owned it */
}

/* Make a dying object one of refcount 1 until `compat_decref_no_dealloc`; if it is to live on after that, `compat_resurrect_commit` before. */
static inline void
compat_resurrect(PyObject *self)
{
    compat_revive(self);
}

static inline void
compat_resurrect_commit(PyObject *Py_UNUSED(self))
{
}

/* The same as `compat_is_unique`, for what has no weak references, but may have had some. */
static inline bool
compat_is_unique_no_weakrefs(PyObject *self)
{
    if (LIKELY(compat_is_unique(self))) {
        return true;
    }
    Py_ssize_t shared = _Py_REF_MAYBE_WEAKREF;
    return _Py_IsOwnedByCurrentThread(self) && self->ob_ref_local == 1
           && _Py_atomic_compare_exchange_ssize(&self->ob_ref_shared, &shared, 0);
}

/* Have what nobody but a parked object has, which this thread takes, be owned by this thread. */
static inline void
compat_make_ref_local(PyObject *self)
{
    if (LIKELY(_Py_IsOwnedByCurrentThread(self))) {
        return;
    }
    Py_ssize_t shared = 0;
    if (_Py_atomic_load_uintptr_relaxed(&self->ob_tid) == 0) {
        shared = _Py_REF_SHARED(1, _Py_REF_MERGED);
    }
    else if (self->ob_ref_local != 1) {
        return; /* somebody has it, after all */
    }
    if (_Py_atomic_compare_exchange_ssize(&self->ob_ref_shared, &shared, 0)) {
        _Py_atomic_store_uintptr_relaxed(&self->ob_tid, _Py_ThreadId());
        _Py_atomic_store_uint32_relaxed(&self->ob_ref_local, 1);
    }
}

#else

static inline bool
compat_is_unique(PyObject *self)
{
    return Py_REFCNT(self) == 1;
}

static inline bool
compat_is_unique_no_weakrefs(PyObject *self)
{
    return Py_REFCNT(self) == 1;
}

static inline bool
compat_decref_no_dealloc(PyObject *self)
{
    Py_ssize_t left = Py_REFCNT(self) - 1;
    Py_SET_REFCNT(self, left);
    return left == 0;
}

static inline void
compat_resurrect(PyObject *self)
{
    Py_SET_REFCNT(self, 1);
}

static inline void
compat_resurrect_commit(PyObject *self)
{
    Py_ssize_t references = Py_REFCNT(self);
    compat_revive(self);
    Py_SET_REFCNT(self, references);
}

static inline void
compat_make_ref_local(PyObject *Py_UNUSED(self))
{
}

#endif

/* Whether the collector found the object, or its finalizer has run: bit 0 of a word of the collector's header. */
static inline bool
compat_is_finalized(PyObject *self)
{
    return _PyGC_FINALIZED(self);
}

/* Whether the collector's forward links are addresses and nothing else. In the first releases of 3.14 they have flags. */
#if defined(_PyGC_NEXT_MASK_OLD_SPACE_1)
#define COMPAT_HAS_PLAIN_LINKS false
#else
#define COMPAT_HAS_PLAIN_LINKS true
#endif

/* Whether releases of this version of Python have different collectors. */
#define COMPAT_COLLECTOR_VARIES (PY_VERSION_HEX >= 0x030e0000)

/* ---- exceptions ---- */

/* Set the current exception aside; NULL where there is none. The caller owns it. */
static inline PyObject *
compat_take_exception(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == NULL) {
        return NULL;
    }
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
        Py_DECREF(traceback);
    }
    Py_DECREF(type);
    return value;
#endif
}

/* Make `exception`, which may be NULL, the current one. Steals the reference. */
static inline void
compat_put_exception(PyObject *exception)
{
#if PY_VERSION_HEX >= 0x030c0000
    PyErr_SetRaisedException(exception);
#else
    if (exception == NULL) {
        PyErr_Clear();
        return;
    }
    PyObject *type = (PyObject *)Py_TYPE(exception);
    Py_INCREF(type);
    PyErr_Restore(type, exception, PyException_GetTraceback(exception));
#endif
}

/* ---- classes ---- */

/* Let calls of classes whose type is `metaclass` go through their tp_vectorcall. Before 3.12 classes written in
   Python, as most metaclasses are, do not inherit that. */
static inline void
compat_allow_vectorcall(PyTypeObject *metaclass)
{
#if PY_VERSION_HEX < 0x030c0000
    if (metaclass->tp_vectorcall_offset == PyType_Type.tp_vectorcall_offset) {
        metaclass->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    }
#else
    (void)metaclass;
#endif
}

/* What is found on a class under an interned name, a new reference; NULL without an exception. */
static inline PyObject *
compat_lookup(PyTypeObject *type, PyObject *name)
{
#if COMPAT_FREE_THREADED
    return _PyType_LookupRef(type, name);
#else
    return Py_XNewRef(_PyType_Lookup(type, name));
#endif
}

/* Whether calling `cls` does what calling a class does. Where its metaclass has got a __call__ of its own since, it is
   that which says so; from 3.12 on Python sees to it. */
static inline bool
compat_is_called_plainly(PyObject *cls)
{
#if PY_VERSION_HEX < 0x030c0000
    return Py_TYPE(cls)->tp_call == PyType_Type.tp_call;
#else
    (void)cls;
    return true;
#endif
}

/* ---- the attributes of instances ---- */

/* The values of an instance that has them in place of a dict. */
typedef struct {
    PyObject **items;  /* by index of the key in the class's shared keys */
    uint8_t *count;    /* how many are set */
    uint8_t *order;    /* the indices of those that are, as `step` walks */
    int step;
    int room;          /* the indices that there are: those below */
} CompatValues;

/* The index of an interned name among the keys that the objects of a class share; -1 where it is not among them. */
static inline int
compat_shared_index(PyTypeObject *type, PyObject *name)
{
    PyDictKeysObject *keys = ((PyHeapTypeObject *)type)->ht_cached_keys;
    if (keys == NULL || !DK_IS_UNICODE(keys)) {
        return -1;
    }
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
#if COMPAT_FREE_THREADED
    Py_ssize_t count = _Py_atomic_load_ssize_acquire(&keys->dk_nentries);
#else
    Py_ssize_t count = keys->dk_nentries;
#endif
    for (int i = 0; i < count; i++) {
        if (entries[i].me_key == name) {
            return i;
        }
    }
    return -1;
}

#if PY_VERSION_HEX >= 0x030d0000

static inline bool
compat_has_values(PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) != 0;
}

/* The values of an instance, where it has no dict; false where it has one. */
static inline bool
compat_values(PyObject *self, CompatValues *values)
{
    PyDictValues *inlined = _PyObject_InlineValues(self);
    if (_PyObject_ManagedDictPointer(self)->dict != NULL || !inlined->valid) {
        return false;
    }
    values->items = inlined->values;
    values->count = &inlined->size;
    values->order = (uint8_t *)&inlined->values[inlined->capacity];
    values->step = 1;
    values->room = inlined->capacity;
    return true;
}

/* The dict of an instance, borrowed, where the class has its place managed; NULL where there are values, or nothing. */
static inline PyObject *
compat_managed_dict(PyObject *self)
{
    return (PyObject *)_PyObject_ManagedDictPointer(self)->dict;
}

/* Let go of the dict of an instance, whoever else has it, and have values again where the class has them. */
static inline void
compat_drop_dict(PyObject *self)
{
    PyObject_ClearManagedDict(self);
    if (compat_has_values(Py_TYPE(self))) {
        PyDictValues *inlined = _PyObject_InlineValues(self);
        for (int i = 0; i < inlined->capacity; i++) {
            inlined->values[i] = NULL; /* what was here has moved to the dict, or is gone */
        }
        inlined->size = 0;
        /* An object that was made by another class, and changed to this one, may have too few. */
        PyDictKeysObject *keys = ((PyHeapTypeObject *)Py_TYPE(self))->ht_cached_keys;
        inlined->valid = inlined->capacity >= keys->dk_nentries + keys->dk_usable;
    }
}

/* The same for an instance that dies. */
static inline void
compat_free_dict(PyObject *self)
{
    PyObject_ClearManagedDict(self);
}

#else /* 3.11 and 3.12 have the values in memory of their own: a byte for how many are set, and before it, backwards,
         their indices; behind it, the size of that prefix. */

static inline bool
compat_has_values(PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0;
}

#if PY_VERSION_HEX >= 0x030c0000

static inline PyDictValues *
compat_values_pointer(PyObject *self)
{
    PyDictOrValues either = *_PyObject_DictOrValuesPointer(self);
    return _PyDictOrValues_IsValues(either) ? _PyDictOrValues_GetValues(either) : NULL;
}

/* Forget the values, without a word to what they hold. */
static inline void
compat_forget_values(PyObject *self)
{
    _PyObject_DictOrValuesPointer(self)->dict = NULL;
}

static inline PyObject **
compat_dict_pointer(PyObject *self)
{
    return &_PyObject_DictOrValuesPointer(self)->dict;
}

#else

static inline PyDictValues *
compat_values_pointer(PyObject *self)
{
    return *_PyObject_ValuesPointer(self);
}

static inline void
compat_forget_values(PyObject *self)
{
    *_PyObject_ValuesPointer(self) = NULL;
}

static inline PyObject **
compat_dict_pointer(PyObject *self)
{
    return _PyObject_ManagedDictPointer(self);
}

#endif

static inline PyObject *
compat_managed_dict(PyObject *self)
{
    return compat_values_pointer(self) == NULL ? *compat_dict_pointer(self) : NULL;
}

static inline bool
compat_values(PyObject *self, CompatValues *values)
{
    PyDictValues *own = compat_values_pointer(self);
    if (own == NULL) {
        return false;
    }
    values->items = own->values;
    values->count = (uint8_t *)own - 2;
    values->order = (uint8_t *)own - 3;
    values->step = -1;
    values->room = SHARED_KEYS_MAX_SIZE; /* for all the keys that there will ever be */
    return true;
}

static inline void
compat_drop_dict(PyObject *self)
{
    PyObject *dict = *compat_dict_pointer(self); /* our reference, since there are no values in its place */
    *compat_dict_pointer(self) = NULL;
    Py_XDECREF(dict);
}

static inline void
compat_free_dict(PyObject *self)
{
    PyDictValues *values = compat_values_pointer(self);
    if (values == NULL) {
        compat_drop_dict(self);
        return;
    }
    CompatValues set;
    compat_values(self, &set);
    int count = *set.count;
    compat_forget_values(self); /* the values are ours alone now */
    for (int i = 0; i < count; i++) {
        Py_XDECREF(set.items[set.order[i * set.step]]);
    }
    PyMem_Free((char *)values - ((uint8_t *)values)[-1]);
}

#endif

/* ---- bytearray ---- */

/* Whether its memory is its own, so that it can be kept. */
static inline bool
compat_bytearray_owns_memory(PyByteArrayObject *self)
{
#if PY_VERSION_HEX >= 0x030f0000
    return self->ob_alloc > 0 && self->ob_bytes_object != NULL && Py_REFCNT(self->ob_bytes_object) == 1;
#else
    return self->ob_alloc > 0;
#endif
}

/* Whether it is fit for use. The first releases of 3.15 crash on one whose __init__ has not been there. */
static inline bool
compat_bytearray_is_made(PyByteArrayObject *self)
{
#if PY_VERSION_HEX >= 0x030f0000
    return self->ob_bytes_object != NULL;
#else
    (void)self;
    return true;
#endif
}

/* Whether the __init__ of a bytearray takes for granted that an empty one has no memory, as from 3.15 on. */
#define COMPAT_BYTEARRAY_INIT_LOSES_MEMORY (PY_VERSION_HEX >= 0x030f0000)

/* Give back the memory that an empty bytearray kept, where its __init__ takes for granted that it has none: from 3.15
   on that would be lost. */
static inline void
compat_bytearray_make_initable(PyObject *op, bool is_bytearray)
{
#if PY_VERSION_HEX >= 0x030f0000
    PyByteArrayObject *self = (PyByteArrayObject *)op;
    if (is_bytearray && self->ob_bytes_object != NULL && self->ob_alloc != 0 && Py_SIZE(self) == 0) {
        PyObject *memory = self->ob_bytes_object;
        self->ob_bytes_object = Py_GetConstant(Py_CONSTANT_EMPTY_BYTES);
        self->ob_bytes = self->ob_start = PyBytes_AS_STRING(self->ob_bytes_object);
        self->ob_alloc = 0;
        Py_DECREF(memory);
    }
#else
    (void)op;
    (void)is_bytearray;
#endif
}

/* ---- dict ---- */

/* Whether the collector need not know of a dict before something is put in that it has to know of: the dict sees to it. */
#define COMPAT_DICT_TRACKS_ITSELF (PY_VERSION_HEX < 0x030e0000)

/* Who watches a dict is told of every change, and that of its emptying would be missed. */
static inline bool
compat_dict_is_watched(PyDictObject *self)
{
#if PY_VERSION_HEX >= 0x030e0000
    return (self->_ma_watcher_tag & 0xff) != 0;
#elif PY_VERSION_HEX >= 0x030c0000
    return (self->ma_version_tag & 0xff) != 0;
#else
    (void)self;
    return false;
#endif
}

/* A dict is another one now: no version that somebody remembers may be taken for its own. */
static inline void
compat_dict_reset_version(PyDictObject *self)
{
#if PY_VERSION_HEX >= 0x030e0000
    (void)self;
#else
    self->ma_version_tag = 0;
#endif
}

#endif
