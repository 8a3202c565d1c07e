/* Compatibility: every difference between CPython 3.11 and 3.15, each behind a name. No other file tests the version.

   Assumptions about CPython internals are verified at import (module/probes.c), and not used where they do not hold. */

#ifndef POOLED_COMPAT_H
#define POOLED_COMPAT_H

#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE_MODULE 1 /* gives access to the internal headers */
#include <Python.h>

#if defined(Py_GIL_DISABLED)
#define COMPAT_FREE_THREADED 1
#else
#define COMPAT_FREE_THREADED 0
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
#include "internal/pycore_dict.h"   /* the keys objects of dicts, the values of instances */
#include "internal/pycore_gc.h"     /* the collector's header of objects */
#include "internal/pycore_interp.h" /* what sys.monitoring watches */
#include "internal/pycore_object.h" /* the place of an instance's dict */
#if PY_VERSION_HEX >= 0x030d0000
#include "internal/pycore_setobject.h" /* how a set is updated */
#endif
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
#define APART __attribute__((noinline)) /* keeps the rarer path out of line, so that it does not slow the common one */
#define ALWAYS_INLINE inline __attribute__((always_inline)) /* specialises a function for its constant arguments */
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

/* With the initial-exec model, an access is one instruction instead of a call. The C library must reserve space for it:
   glibc does, musl does not. */
#if defined(__GLIBC__) && defined(__GNUC__)
#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#elif defined(_MSC_VER)
#define THREAD_LOCAL __declspec(thread)
#else
#define THREAD_LOCAL _Thread_local
#endif

/* All declarations that follow are hidden: the extension exports none of them, a name in another library cannot replace
   one, and calls need no look-up. On Windows, only names declared with dllexport are exported anyway. */
#if defined(__GNUC__) && !defined(_WIN32)
#pragma GCC visibility push(hidden)
#endif

/* ---- objects and the collector ---- */

/* Set the refcount of a parked or dying object from 0 to 1. This thread owns the reference. The caller tracks the
   object.

   _Py_NewReference also reports the object to CPython's own debugging tools, as an allocation would. On free-threaded
   builds it is the only safe way: Py_SET_REFCNT would let another thread's try-incref succeed on a dying object. */
static inline void
compat_revive(PyObject *self)
{
#if COMPAT_FREE_THREADED && PY_VERSION_HEX < 0x030e0000
    uint8_t delayed = self->ob_gc_bits & _PyGC_BITS_SHARED_INLINE; /* CPython frees the memory with a delay */
    _Py_NewReference(self);
    self->ob_gc_bits |= delayed;
#else
    _Py_NewReference(self); /* on 3.14 and later, no bit of an object delays the free of its memory */
#endif
}

#if COMPAT_FREE_THREADED

/* A refcount has two parts. The thread that `ob_tid` names is the owner, and counts its references in the local part,
   without atomic operations. All other threads count in the shared part, which can be negative and has flags. When the
   local part reaches 0, the parts are merged, and the object has no owner.

   A dead object has a local part of 0. Its shared part is 0, or has no more than the flag for merged parts. Then a
   thread that still has the address, such as a reader without a lock, cannot obtain a reference. */

/* The shared part of a refcount, with its flags. */
static inline Py_ssize_t
compat_shared_count(PyObject *self)
{
    return _Py_atomic_load_ssize_acquire(&self->ob_ref_shared);
}

/* Whether the caller has the only reference to an object, and no other thread can obtain one. It is also false for some
   unique objects: those that another thread owns. */
static inline bool
compat_is_unique(PyObject *self)
{
    if (LIKELY(_Py_IsOwnedByCurrentThread(self))) {
        return self->ob_ref_local == 1 && compat_shared_count(self) == 0;
    }
    return _Py_atomic_load_uintptr_relaxed(&self->ob_tid) == 0
           && compat_shared_count(self) == _Py_REF_SHARED(1, _Py_REF_MERGED);
}

/* Add `more` to the shared part of a refcount whose local part is 0, and set the flag for merged parts. Returns the new
   shared part. */
static inline Py_ssize_t
compat_merge(PyObject *self, Py_ssize_t more)
{
    Py_ssize_t shared = compat_shared_count(self), merged;
    do {
        merged = _Py_REF_SHARED((shared >> _Py_REF_SHARED_SHIFT) + more, _Py_REF_MERGED);
    } while (!_Py_atomic_compare_exchange_ssize(&self->ob_ref_shared, &shared, merged));
    return merged;
}

/* Release the caller's reference without deallocating the object. Returns whether it was the last one. This thread has
   allocated, revived or resurrected the object. */
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
    /* The parts have been merged since then: only this thread could have been the owner. */
    return compat_merge(self, -1) == _Py_REF_MERGED;
}

/* Set the refcount of a dying object from 0 to 1, until `compat_decref_no_dealloc`. If the object has to stay alive,
   call `compat_resurrect_commit` before that. */
static inline void
compat_resurrect(PyObject *self)
{
    compat_revive(self);
}

/* Keep a resurrected object alive: `compat_resurrect` has done this already. */
static inline void
compat_resurrect_commit(PyObject *Py_UNUSED(self))
{
}

/* `compat_is_unique` for an object that has no weak references, but may have had some. A weak reference sets a flag in
   the shared part, for which the other function returns false; this one removes the flag. */
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

/* Move the only reference to an object into this thread's local part. The reference belongs to a parked object that
   this thread takes, so the thread can count further references without atomic operations.

   The exchange succeeds only if the reference is the only one. Then no other thread can obtain one, so no other thread
   writes `ob_tid` and the local part. */
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
        return; /* another thread has a reference, too */
    }
    if (_Py_atomic_compare_exchange_ssize(&self->ob_ref_shared, &shared, 0)) {
        _Py_atomic_store_uintptr_relaxed(&self->ob_tid, _Py_ThreadId());
        _Py_atomic_store_uint32_relaxed(&self->ob_ref_local, 1);
    }
}

/* Whether the collector has found an object unreachable, and is about to destroy it. */
static inline bool
compat_is_being_collected(PyObject *self)
{
    return _PyObject_HAS_GC_BITS(self, _PyGC_BITS_UNREACHABLE);
}

/* Whether the collector, which is finalizing an object, has the only reference to it. Then the object is in no cycle:
   another thread dropped its last reference, and the collector found it before the owner had merged the parts.

   While it collects, the collector has a reference of its own to each unreachable object, in the shared part, and keeps
   a link in `ob_tid`. */
static inline bool
compat_only_collector_refers(PyObject *self)
{
    return compat_is_being_collected(self) && compat_shared_count(self) == _Py_REF_SHARED(1, _Py_REF_MERGED);
}

/* Remove an object that is finalized now from the collection. The collector looks for objects that their finalizers have
   untracked (`handle_resurrected_objects`), and drops its reference to them before it clears any other object. */
static inline void
compat_leave_collection(PyObject *self)
{
    _PyObject_CLEAR_GC_BITS(self, _PyGC_BITS_TRACKED | _PyGC_BITS_FINALIZED);
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

/* With a GIL, no other thread can race to obtain a reference to a dying object, so it is enough to set the count. */
static inline void
compat_resurrect(PyObject *self)
{
    Py_SET_REFCNT(self, 1);
}

/* Report a resurrected object to CPython's debugging tools. The refcount stays as it is. */
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

/* Whether the finalizer of an object has run. The collector runs the finalizers of all objects that it finds
   unreachable, so this is also true of those. */
static inline bool
compat_is_finalized(PyObject *self)
{
    return _PyGC_FINALIZED(self);
}

/* Whether the forward links in the collector's list are plain addresses. In the first releases of 3.14 they have
   flags. */
#if defined(_PyGC_NEXT_MASK_OLD_SPACE_1)
#define COMPAT_HAS_PLAIN_LINKS false
#else
#define COMPAT_HAS_PLAIN_LINKS true
#endif

/* Whether releases of this version of Python have different collectors. */
#define COMPAT_COLLECTOR_VARIES (PY_VERSION_HEX >= 0x030e0000)

/* Read and write a variable that other threads write, too, and that does not order other accesses. */
static inline uintptr_t
compat_load(const uintptr_t *variable)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_uintptr_relaxed(variable);
#else
    return *variable;
#endif
}

static inline void
compat_store(uintptr_t *variable, uintptr_t value)
{
#if COMPAT_FREE_THREADED
    _Py_atomic_store_uintptr_relaxed(variable, value);
#else
    *variable = value;
#endif
}

static inline Py_ssize_t
compat_load_ssize(const Py_ssize_t *variable)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_ssize_relaxed(variable);
#else
    return *variable;
#endif
}

static inline void
compat_store_ssize(Py_ssize_t *variable, Py_ssize_t value)
{
#if COMPAT_FREE_THREADED
    _Py_atomic_store_ssize_relaxed(variable, value);
#else
    *variable = value;
#endif
}

/* The address in a variable that another thread may write. The caller compares the address, and does not use the object. */
static inline PyObject *
compat_peek(PyObject *const *variable)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_ptr_relaxed(variable);
#else
    return *variable;
#endif
}

/* Add to a variable that this thread alone writes. */
static inline void
compat_add(uint64_t *variable, uint64_t more)
{
#if COMPAT_FREE_THREADED
    _Py_atomic_store_uint64_relaxed(variable, *variable + more);
#else
    *variable += more;
#endif
}

static inline int
compat_load_int(const int *variable)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_int_relaxed(variable);
#else
    return *variable;
#endif
}

static inline void
compat_store_int(int *variable, int value)
{
#if COMPAT_FREE_THREADED
    _Py_atomic_store_int_relaxed(variable, value);
#else
    *variable = value;
#endif
}

/* Write a variable, and return its former value. */
static inline int
compat_exchange_int(int *variable, int value)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_exchange_int(variable, value);
#else
    int former = *variable;
    *variable = value;
    return former;
#endif
}

/* Subtract 1, and return the result. */
static inline int
compat_decrement(int *variable)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_add_int(variable, -1) - 1;
#else
    return --*variable;
#endif
}

/* Between these two lines, only this thread uses `object`, if all other threads use the same two lines. With a GIL they
   do nothing, because the lines between them run no other code. Together they form a block. */
#if COMPAT_FREE_THREADED
#define COMPAT_BEGIN_CRITICAL_SECTION(object) Py_BEGIN_CRITICAL_SECTION(object)
#define COMPAT_END_CRITICAL_SECTION() Py_END_CRITICAL_SECTION()
#else
#define COMPAT_BEGIN_CRITICAL_SECTION(object) {
#define COMPAT_END_CRITICAL_SECTION() }
#endif

/* The object of a weak reference, a new reference; NULL, without an exception, if the object no longer exists. */
static inline PyObject *
compat_weakref_target(PyObject *ref)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyObject *target;
    PyWeakref_GetRef(ref, &target); /* it fails for other objects only */
    return target;
#else
    PyObject *target = PyWeakref_GET_OBJECT(ref);
    return target == Py_None ? NULL : Py_NewRef(target);
#endif
}

/* ---- exceptions ---- */

/* Clear the current exception and return it, a new reference. NULL if there is none. */
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

/* Restore an exception from `compat_take_exception`, and steal the reference. NULL clears the current one. */
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

/* Route calls of classes whose type is `metaclass` through their tp_vectorcall. Before 3.12, a class written in Python,
   as most metaclasses are, does not inherit the flag for it. */
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

/* The flag of classes whose objects have their weak references before the object. New in 3.12. */
#if PY_VERSION_HEX >= 0x030c0000
#define COMPAT_TPFLAGS_MANAGED_WEAKREF Py_TPFLAGS_MANAGED_WEAKREF
#else
#define COMPAT_TPFLAGS_MANAGED_WEAKREF 0
#endif

/* The version tag of a class, which changes when an attribute of the class or of a base is set; 0 if it has none. */
static inline unsigned
compat_version_tag(PyTypeObject *type)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_uint32_relaxed(&type->tp_version_tag);
#else
    return type->tp_version_tag;
#endif
}

/* Look up an attribute on a class and its bases by an interned name. Returns a new reference, or NULL without an
   exception. */
static inline PyObject *
compat_lookup(PyTypeObject *type, PyObject *name)
{
#if COMPAT_FREE_THREADED
    return _PyType_LookupRef(type, name);
#else
    return Py_XNewRef(_PyType_Lookup(type, name));
#endif
}

/* Whether a call of `cls` is `type.__call__`. Before 3.12, a metaclass whose `__call__` was set later still has the
   flag for tp_vectorcall, so this has to be checked. From 3.12 on, CPython removes the flag. */
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

/* Call a class. It has a tp_vectorcall, unless its metaclass has a `__call__` of its own. */
static inline PyObject *
compat_call_class(PyTypeObject *type, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *metaclass = Py_TYPE(type);
    bool is_direct = (metaclass->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL) != 0 && type->tp_vectorcall != NULL
                     && metaclass->tp_vectorcall_offset == (Py_ssize_t)offsetof(PyTypeObject, tp_vectorcall);
    return LIKELY(is_direct) ? type->tp_vectorcall((PyObject *)type, args, nargsf, names)
                             : PyObject_Vectorcall((PyObject *)type, args, nargsf, names);
}

/* ---- the attributes of instances ---- */

/* The attribute values of an instance that has no dict object. All pointers are into the instance, or into its
   array. */
typedef struct {
    PyObject **items; /* the values, by the index of their key in the shared keys of the class; NULL: not set */
    uint8_t *count;   /* the number of set values */
    uint8_t *order;   /* the indices of the set values, in insertion order; the i-th is order[i * step] */
    int step;         /* 1 or -1: the direction in which `order` grows */
    int room;         /* the capacity of `items` */
} CompatValues;

/* The value of `step`. */
#define COMPAT_ORDER_STEP (PY_VERSION_HEX >= 0x030d0000 ? 1 : -1)

/* Set the list of the set values. `order` has the size of a multiple of 8, and `count` is at most `room`. */
static inline void
compat_set_order(const CompatValues *values, const uint8_t *order, int count)
{
    if (COMPAT_ORDER_STEP > 0) {
        for (int i = 0; i < count; i += 8) { /* CPython rounds up the size of the array to a multiple of 8 */
            memcpy(values->order + i, order + i, 8);
        }
    }
    else {
        for (int i = 0; i < count; i++) {
            values->order[i * COMPAT_ORDER_STEP] = order[i];
        }
    }
    *values->count = (uint8_t)count;
}

/* The index of an interned name in the shared keys of a class, or -1. */
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

#if PY_VERSION_HEX >= 0x030d0000 /* the values are in the memory of the instance */

/* Whether instances of a class can have values in place of a dict. */
static inline bool
compat_has_values(PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) != 0;
}

/* Find the values of an instance of a class with values. False if the instance has a dict. */
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
    values->step = COMPAT_ORDER_STEP;
    values->room = inlined->capacity;
    return true;
}

/* The dict of an instance whose class has a managed dict, a borrowed reference. NULL if the instance has values, or
   neither. */
static inline PyObject *
compat_managed_dict(PyObject *self)
{
    return (PyObject *)_PyObject_ManagedDictPointer(self)->dict;
}

/* Release the dict of an instance, whether or not it has other owners. If the class has values, the instance then uses
   its values again, so that attribute access is as fast as on a new object. */
static inline void
compat_drop_dict(PyObject *self)
{
    PyObject_ClearManagedDict(self);
    if (compat_has_values(Py_TYPE(self))) {
        PyDictValues *inlined = _PyObject_InlineValues(self);
        for (int i = 0; i < inlined->capacity; i++) {
            inlined->values[i] = NULL; /* the reference was moved to the dict, or released */
        }
        inlined->size = 0;
        /* An object that another class allocated, and whose `__class__` was set, may have too small an array. */
        PyDictKeysObject *keys = ((PyHeapTypeObject *)Py_TYPE(self))->ht_cached_keys;
        inlined->valid = inlined->capacity >= keys->dk_nentries + keys->dk_usable;
    }
}

/* Release the dict or the values of an instance that is being freed. */
static inline void
compat_free_dict(PyObject *self)
{
    PyObject_ClearManagedDict(self);
}

/* Whether tp_alloc alone does all that `object.__new__` does without arguments. */
#define COMPAT_ALLOC_IS_NEW true

/* Put an instance without attributes into the state in which tp_alloc returns one: it is in it. */
static inline void
compat_release_values(PyObject *Py_UNUSED(self))
{
}

#else

/* On 3.11 and 3.12, the values are an array of their own, with a prefix before it. From the array backwards, the prefix
   has one byte for its size, one byte for the number of set values, and the indices of these values. */

static inline bool
compat_has_values(PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0;
}

#if PY_VERSION_HEX >= 0x030c0000

/* The values of an instance, or NULL if it has a dict or neither. */
static inline PyDictValues *
compat_values_pointer(PyObject *self)
{
    PyDictOrValues either = *_PyObject_DictOrValuesPointer(self);
    return _PyDictOrValues_IsValues(either) ? _PyDictOrValues_GetValues(either) : NULL;
}

/* Detach the values from an instance. The caller takes over the array and the references in it. */
static inline void
compat_forget_values(PyObject *self)
{
    _PyObject_DictOrValuesPointer(self)->dict = NULL;
}

/* The place of the dict in an instance that has no values. */
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
    values->step = COMPAT_ORDER_STEP;
    values->room = SHARED_KEYS_MAX_SIZE; /* the array has a place for every key that the class can share */
    return true;
}

static inline void
compat_drop_dict(PyObject *self)
{
    PyObject *dict = *compat_dict_pointer(self); /* the instance's reference: it has no values in that place */
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
    compat_forget_values(self); /* from here on, code that a released value runs cannot reach the others */
    for (int i = 0; i < count; i++) {
        Py_XDECREF(set.items[set.order[i * set.step]]);
    }
    PyMem_Free((char *)values - ((uint8_t *)values)[-1]);
}

/* `object.__new__` also gives an instance an array for its values. */
#define COMPAT_ALLOC_IS_NEW false

/* Free the array of an instance without attributes, since `object.__new__` would replace it. */
static inline void
compat_release_values(PyObject *self)
{
    if (Py_TYPE(self)->tp_flags & Py_TPFLAGS_MANAGED_DICT && compat_values_pointer(self) != NULL) {
        compat_free_dict(self);
    }
}

#endif

/* ---- list ---- */

/* Extend a list, as `list.extend` does. False with an exception set. */
static inline bool
compat_list_extend(PyObject *list, PyObject *items)
{
#if PY_VERSION_HEX >= 0x030d0000
    return PyList_Extend(list, items) == 0;
#else
    PyObject *done = _PyList_Extend((PyListObject *)list, items);
    Py_XDECREF(done);
    return done != NULL;
#endif
}

/* ---- bytearray ---- */

/* Whether a bytearray owns its memory exclusively, so that the memory can be kept. */
static inline bool
compat_bytearray_owns_memory(PyByteArrayObject *self)
{
#if PY_VERSION_HEX >= 0x030f0000
    return self->ob_alloc > 0 && self->ob_bytes_object != NULL && Py_REFCNT(self->ob_bytes_object) == 1;
#else
    return self->ob_alloc > 0;
#endif
}

/* Whether a bytearray can be used. The first releases of 3.15 crash on one whose `__init__` has not run. */
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

/* Whether `bytearray.__init__` assumes that an empty bytearray has no memory. From 3.15 on, it does, and would leak
   it. */
#define COMPAT_BYTEARRAY_INIT_LOSES_MEMORY (PY_VERSION_HEX >= 0x030f0000)

/* Prepare an object for `__init__`: free the memory that an empty bytearray kept, where `bytearray.__init__` would leak
   it (COMPAT_BYTEARRAY_INIT_LOSES_MEMORY). */
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

/* Whether an empty dict can stay untracked: it tracks itself when an item that the collector tracks is inserted. */
#define COMPAT_DICT_TRACKS_ITSELF (PY_VERSION_HEX < 0x030e0000)

/* Whether a dict has watchers. CPython notifies them of every change; clearing in place would not. */
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

/* Reset the version of a dict, because the object becomes another dict: a cached version must not match its new
   content. */
static inline void
compat_dict_reset_version(PyDictObject *self)
{
#if PY_VERSION_HEX >= 0x030e0000
    (void)self;
#else
    self->ma_version_tag = 0;
#endif
}

/* Give a dict that was filled in place a version that no dict has had. On 3.11, CPython's counter of versions is not
   accessible, so `*count` counts from the middle of the range, which CPython never reaches. With a GIL. */
static inline void
compat_dict_renew_version(PyDictObject *self, uint64_t *count)
{
#if PY_VERSION_HEX >= 0x030e0000
    (void)self;
    (void)count;
#elif PY_VERSION_HEX >= 0x030c0000
    (void)count;
    self->ma_version_tag = DICT_NEXT_VERSION(PyInterpreterState_Get());
#else
    self->ma_version_tag = (UINT64_C(1) << 63) + ++*count;
#endif
}

/* Let this code read the entries of a dict without a lock. Without a GIL, CPython frees a table of a shared dict only when no
   thread can be reading it. */
static inline void
compat_dict_share(PyObject *dict)
{
#if COMPAT_FREE_THREADED
    Py_BEGIN_CRITICAL_SECTION(dict);
    _PyObject_GC_SET_SHARED(dict);
    Py_END_CRITICAL_SECTION();
#else
    (void)dict;
#endif
}

/* Whether the entry of a shared dict with this index has this name and this value. The dict is a namespace. */
static inline bool
compat_dict_entry_is(PyObject *dict, Py_ssize_t index, PyObject *name, PyObject *value)
{
#if COMPAT_FREE_THREADED
    PyDictKeysObject *keys = _Py_atomic_load_ptr_acquire(&((PyDictObject *)dict)->ma_keys);
    if (UNLIKELY(index >= _Py_atomic_load_ssize_acquire(&keys->dk_nentries) || !DK_IS_UNICODE(keys))) {
        return false;
    }
    const PyDictUnicodeEntry *entry = &DK_UNICODE_ENTRIES(keys)[index];
    return _Py_atomic_load_ptr_relaxed(&entry->me_key) == name
           && _Py_atomic_load_ptr_acquire(&entry->me_value) == value;
#else
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    if (UNLIKELY(index >= keys->dk_nentries || !DK_IS_UNICODE(keys))) {
        return false;
    }
    const PyDictUnicodeEntry *entry = &DK_UNICODE_ENTRIES(keys)[index];
    return entry->me_key == name && entry->me_value == value;
#endif
}

/* The value of a name in a dict, borrowed. NULL, without an exception, also if the dict has keys that are no strings: their
   comparison may be written in Python. Without a GIL, the value may no longer exist: the caller compares the address alone,
   with that of an object that it has a reference to. */
static inline PyObject *
compat_dict_find_text(PyObject *dict, PyObject *name)
{
#if COMPAT_FREE_THREADED
    PyObject *found = NULL;
    if (UNLIKELY(PyDict_GetItemRef(dict, name, &found) < 0)) {
        PyErr_Clear(); /* `__init__` will raise it */
    }
    Py_XDECREF(found);
    return found;
#else
    PyDictObject *self = (PyDictObject *)dict;
    bool has_texts = self->ma_values == NULL && DK_IS_UNICODE(self->ma_keys);
    return has_texts ? PyDict_GetItemWithError(dict, name) : NULL;
#endif
}

/* The index of the entry of a name that `compat_dict_find_text` found, and `*key`, the string in the entry, a new
   reference. */
static inline Py_ssize_t
compat_dict_find_entry(PyObject *dict, PyObject *name, PyObject **key)
{
    Py_ssize_t index = 0;
    *key = NULL;
    COMPAT_BEGIN_CRITICAL_SECTION(dict);
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    const PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; DK_IS_UNICODE(keys) && i < keys->dk_nentries; i++) {
        PyObject *each = entries[i].me_key;
        if (entries[i].me_value != NULL && (each == name || PyUnicode_Compare(each, name) == 0)) {
            index = i;
            *key = Py_NewRef(each);
            break;
        }
    }
    COMPAT_END_CRITICAL_SECTION();
    if (*key == NULL) {
        *key = Py_NewRef(name);
    }
    return index;
}

/* ---- tools that watch a program ---- */

/* Whether this version has sys.monitoring. New in 3.12. */
#define COMPAT_HAS_MONITORING (PY_VERSION_HEX >= 0x030c0000)

/* The state of this thread. */
static inline PyThreadState *
compat_thread(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    return PyThreadState_GetUnchecked();
#else
    return _PyThreadState_UncheckedGet();
#endif
}

/* A number that changes whenever a tool of sys.monitoring sets events for all code. */
static inline uintptr_t
compat_monitoring_version(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030d0000
    /* The lower bits are requests to the interpreter, which other threads set. */
    return _Py_atomic_load_uintptr_relaxed(&thread->eval_breaker) & ~(uintptr_t)0xff;
#elif COMPAT_HAS_MONITORING
    return thread->interp->monitoring_version;
#else
    (void)thread;
    return 0;
#endif
}

/* Whether a tool of sys.monitoring has set events for this code alone. */
static inline bool
compat_has_local_tools(PyCodeObject *code)
{
#if COMPAT_HAS_MONITORING
    if (LIKELY(code->_co_monitoring == NULL)) {
        return false;
    }
    const uint8_t *tools = code->_co_monitoring->local_monitors.tools;
    for (size_t i = 0; i < sizeof(code->_co_monitoring->local_monitors.tools); i++) {
        if (tools[i] != 0) {
            return true;
        }
    }
#else
    (void)code;
#endif
    return false;
}

/* ---- clocks ---- */

/* The time of `time.perf_counter` in nanoseconds. */
static inline int64_t
compat_clock(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyTime_t now = 0;
    return PyTime_PerfCounterRaw(&now) == 0 ? now : 0;
#else
    return _PyTime_GetPerfCounter();
#endif
}

#endif
