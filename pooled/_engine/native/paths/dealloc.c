#include "paths/dealloc.h"

#include "base/attrs.h"
#include "base/gc_track.h"
#include "containers/clear_inline.h"
#include "object/debug_trace.h"
#include "object/destroy.h"
#include "object/fields.h"
#include "object/object_checks.h"
#include "object/scrub.h"
#include "paths/recycle.h"
#include "paths/recycle_park.h"

/* ---- any object ---- */

/* Postpone a drop until the outermost one has finished. False if there is no memory for it. */
static COLD bool
wait_for_outermost(PyObject *self)
{
    gc_untrack_fast(self);
    return freelist_put(&this_thread.waiting, self);
}

static COLD void
drop_waiting(void)
{
    this_thread.depth++;
    PyObject *self;
    while ((self = freelist_pop(&this_thread.waiting)) != NULL) {
        Hook *hook = hook_of(Py_TYPE(self));
        if (hook != NULL) {
            recycle_object(hook, self, 0);
        }
        else {
            destroy_object(self);
        }
    }
    PyMem_Free(this_thread.waiting.objects);
    this_thread.waiting = (Freelist){.store = NULL};
    this_thread.depth--;
}

/* The tp_dealloc of any hooked class. */
static COLD void
dealloc_any(PyObject *self)
{
    Hook *hook = hook_of(Py_TYPE(self));
    if (hook == NULL) {
        destroy_object(self);
        return;
    }
    if (this_thread.depth >= DEEPEST && wait_for_outermost(self)) {
        return;
    }
    this_thread.depth++;
    recycle_object(hook, self, 0);
    if (--this_thread.depth == 0 && this_thread.waiting.count != 0) {
        drop_waiting();
    }
}

/* ---- the fast paths ---- */

/* The parts that the objects of a class consist of, if C alone empties them. */
typedef enum { PLAIN, OF_FIELDS, LIST, DICT, SET, BYTEARRAY } Kind;

static inline bool
is_above(Kind kind, PyObject *self, Py_ssize_t cap)
{
    switch (kind) {
    case LIST:
        return list_is_above(self, cap);
    case DICT:
        return dict_is_above(self, cap);
    case SET:
        return set_is_above(self, cap);
    case BYTEARRAY:
        return bytearray_is_above(self, cap);
    default:
        return false;
    }
}

static inline bool
is_clean(Kind kind, PyObject *self)
{
    switch (kind) {
    case LIST:
        return list_is_clean(self);
    case DICT:
        return dict_is_clean(self);
    case SET:
        return set_is_clean(self);
    case BYTEARRAY:
        return bytearray_is_clean(self);
    default:
        return false;
    }
}

/* Empty an object and its parts: RECYCLED, or why it cannot be kept. */
static inline Outcome
empty(Kind kind, PoolStore *store, PyObject *self)
{
    bool done = true;
    switch (kind) {
    case LIST:
        done = list_empty(self, &store->sparse);
        break;
    case DICT:
        done = dict_empty(self, &store->sparse);
        break;
    case SET:
        done = set_empty(self, &store->sparse);
        break;
    case BYTEARRAY:
        done = bytearray_empty(self, &store->sparse);
        break;
    case OF_FIELDS:
        /* Without a GIL, another thread may have changed the fields since this dealloc was chosen. */
        if (LIKELY((!COMPAT_FREE_THREADED || store->fields != NULL) && fields_keep(store->fields, store))) {
            return fields_empty_object(store, self);
        }
        /* fallthrough */
    default:
        scrub_attributes(store->hook, self);
    }
    return LIKELY(done) ? RECYCLED : DISCARDED_ERROR;
}

/* Whether an object needs the general path. */
static ALWAYS_INLINE bool
is_special(Kind kind, PoolStore *store, PyObject *self)
{
    bool may_have_weakrefs = kind == PLAIN || kind == OF_FIELDS || kind == SET;
    return is_above(kind, self, store->max_cap) || compat_is_finalized(self)
           || (may_have_weakrefs && has_weakrefs(self))
           || (kind == DICT && compat_dict_is_watched((PyDictObject *)self));
}

/* Free an object that the pool has no room for, and that does not need the general path. The steps are those of CPython's
   subtype_dealloc, which would call this dealloc again. */
static APART void
discard(Hook *hook, Freelist *freelist, PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (UNLIKELY(this_thread.depth >= DEEPEST || hook->base != &PyBaseObject_Type
                 || type->tp_finalize != destroy_no_finalizer)) {
        dealloc_any(self);
        return;
    }
    CHECKED(object_check_path(hook->own_store));
    freelist_add(freelist, DISCARDED_FULL, 1);
    this_thread.depth++;
    PyObject_GC_UnTrack(self);
    slots_empty(&hook->slots, self); /* the object keeps its class alive, and so the hook */
    if (hook->has_dict) {
        attrs_free_dict(self);
    }
    type->tp_free(self);
    Py_DECREF(type);
    if (--this_thread.depth == 0 && UNLIKELY(this_thread.waiting.count != 0)) {
        drop_waiting();
    }
}

/* Empty an object that does not need the general path, and park it. */
static ALWAYS_INLINE void
empty_and_park(Kind kind, Hook *hook, PoolStore *store, PyObject *self)
{
    if (UNLIKELY(this_thread.depth >= DEEPEST)) {
        dealloc_any(self);
        return;
    }
    gc_untrack_fast(self);
    store_hold(store); /* freeing a value may drop the last reference to the pool */
    CHECKED(object_check_path(store));
    this_thread.depth++;
    Outcome outcome = empty(kind, store, self);
    outcome = LIKELY(outcome == RECYCLED) ? park(store, self, RECYCLED) : outcome;
    if (UNLIKELY(outcome != RECYCLED)) {
        store_count(store, outcome, 1);
        recycle_destroy_counted(hook, store, self);
    }
    if (--this_thread.depth == 0 && UNLIKELY(this_thread.waiting.count != 0)) {
        drop_waiting();
    }
    CHECKED(object_check_path(store));
    store_release(store);
}

/* One specialised dealloc for each kind of class, so that the compiler removes the tests of the kind. Whatever
   needs the general path goes to `dealloc_any`. */
#define DEALLOC(kind, name)                                                                                            \
    static void name(PyObject *self)                                                                                   \
    {                                                                                                                  \
        PyTypeObject *type = Py_TYPE(self);                                                                            \
        Hook *hook = hook_of(type);                                                                                    \
        if (UNLIKELY(hook == NULL || overrides_are_used(&hook->overrides))) {                                          \
            dealloc_any(self);                                                                                         \
            return;                                                                                                    \
        }                                                                                                              \
        PoolStore *store = hook->own_store;                                                                            \
        Freelist *freelist = store_freelist(store);                                                                    \
        if (UNLIKELY(freelist == NULL || is_special(kind, store, self) || store_is_shared(store, freelist))) {         \
            dealloc_any(self);                                                                                         \
            return;                                                                                                    \
        }                                                                                                              \
        if (UNLIKELY(freelist->count >= store->max)) {                                                                 \
            discard(hook, freelist, self);                                                                             \
            return;                                                                                                    \
        }                                                                                                              \
        if (UNLIKELY(freelist->count == freelist->room)) {                                                             \
            dealloc_any(self);                                                                                         \
            return;                                                                                                    \
        }                                                                                                              \
        if (kind == PLAIN || kind == OF_FIELDS || !is_clean(kind, self)) {                                             \
            empty_and_park(kind, hook, store, self);                                                                   \
            return;                                                                                                    \
        }                                                                                                              \
        freelist_add(freelist, RECYCLED, 1);                                                                           \
        freelist->objects[freelist->count] = self;                                                                     \
        freelist_set_count(freelist, freelist->count + 1);                                                             \
        Py_DECREF(type); /* the hook has another reference */                                                          \
        gc_untrack_fast(self);                                                                                         \
        CHECKED(object_check_path(store));                                                                             \
    }

#define OURS(X)                                                                                                        \
    X(PLAIN, dealloc_plain)                                                                                            \
    X(OF_FIELDS, dealloc_of_fields)                                                                                    \
    X(LIST, dealloc_list)                                                                                              \
    X(DICT, dealloc_dict)                                                                                              \
    X(SET, dealloc_set)                                                                                                \
    X(BYTEARRAY, dealloc_bytearray)

OURS(DEALLOC)

destructor
dealloc_for(PoolStore *own_store)
{
    const Hook *hook = own_store->hook;
    if (DEBUG_TRACE || own_store->reset != NULL || own_store->capacity != NULL || hook->empty != NULL) {
        return dealloc_any;
    }
    if (hook->base == &PyBaseObject_Type) {
        return own_store->fields != NULL ? dealloc_of_fields : dealloc_plain;
    }
    if (own_store->fields != NULL) {
        return dealloc_any;
    }
    bool has_attributes = hook->has_dict || hook->slots.count != 0;
    bool has_more = has_attributes || (hook->type->tp_weaklistoffset != 0 && hook->base->tp_weaklistoffset == 0);
    if (has_more || !own_store->measures) {
        return dealloc_any;
    }
    return hook->base == &PyList_Type        ? dealloc_list
           : hook->base == &PyDict_Type      ? dealloc_dict
           : hook->base == &PySet_Type       ? dealloc_set
           : hook->base == &PyByteArray_Type ? dealloc_bytearray
                                             : dealloc_any;
}

void
dealloc_init(void)
{
#define REGISTER(kind, name) destroy_register_dealloc(name);
    OURS(REGISTER)
#undef REGISTER
    destroy_register_dealloc(dealloc_any);
}
