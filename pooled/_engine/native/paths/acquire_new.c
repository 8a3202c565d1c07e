#include "paths/acquire_new.h"

#include "base/gc_track.h"
#include "base/interp.h"
#include "base/pressure.h"
#include "object/debug_trace.h"
#include "object/destroy.h"

/* Destroy an object without other references, for whose override there is no memory. A drop would recycle it. */
static COLD void
destroy_at_once(PyObject *self)
{
    PyObject *pending = compat_take_exception();
    gc_untrack_fast(self);
    compat_decref_no_dealloc(self);
    destroy_object(self);
    compat_put_exception(pending);
}

/* Count a new object as a miss of `store`, and make it return there. NULL, with the reference dropped, where that fails. */
static inline PyObject *
register_miss(PoolStore *store, PyObject *self, bool is_ready)
{
    Hook *hook = store->hook;
    store_count(store, MISS, 1);
    bool is_usual = store == hook->own_store && is_ready;
    if (UNLIKELY(!is_usual && !overrides_set(&hook->overrides, self, store, is_ready ? RETURNS : UNREADY))) {
        store_count(store, MISS, -1);
        destroy_at_once(self);
        return NULL;
    }
    if (UNLIKELY(!trace_taken(store, self))) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

PyObject *
acquire_count_unseen(PoolStore *store, PyObject *self)
{
    return register_miss(store, self, true);
}

PyObject *
acquire_allocate(PoolStore *store, Py_ssize_t items, bool is_ready)
{
    Hook *hook = store->hook;
    PyObject *self = hook->alloc(hook->type, items);
    if (UNLIKELY(self == NULL)) {
        self = pressure_relieve() ? hook->alloc(hook->type, items) : NULL;
        if (self == NULL) {
            return NULL;
        }
    }
    if (!DEBUG_TRACE) {
        return register_miss(store, self, is_ready);
    }
    gc_untrack_fast(self); /* its tp_new has not filled it in, and the trace may start a collection */
    self = register_miss(store, self, is_ready);
    if (self != NULL) {
        gc_track_fast(self);
    }
    return self;
}

/* `acquire_make`, tried once. */
static ALWAYS_INLINE PyObject *
make_once(PoolStore *store, PyObject *args, PyObject *kwargs, bool *made)
{
    PyTypeObject *type = store->hook->type;
    PoolStore *outer = receiver_begin(store);
    PyObject *self = type->tp_new(type, args, kwargs);
    bool was_seen = receiver_end(outer, self);
    bool is_of_class = self != NULL && Py_TYPE(self) == type; /* another object may have the address of a freed one */
    *made = is_of_class && was_seen;
    if (is_of_class && UNLIKELY(!was_seen) && hook_new_is_in_c(store->hook) && compat_is_unique(self)) {
        *made = true; /* its base in C does not allocate through tp_alloc */
        return register_miss(store, self, true);
    }
    return self;
}

static COLD PyObject *
make_again(PoolStore *store, PyObject *args, PyObject *kwargs, bool *made)
{
    bool has_effects = !hook_new_is_of_object(store->hook); /* any other `__new__` may have consumed its arguments */
    return !has_effects && pressure_relieve() ? make_once(store, args, kwargs, made) : NULL;
}

PyObject *
acquire_make(PoolStore *store, PyObject *args, PyObject *kwargs, bool *made)
{
    PyObject *self = make_once(store, args, kwargs, made);
    return LIKELY(self != NULL) ? self : make_again(store, args, kwargs, made);
}

PyObject *
acquire_make_plain(PoolStore *store)
{
    bool made;
    if (COMPAT_ALLOC_IS_NEW && LIKELY(!hook_is_abstract(store->hook))) {
        return acquire_allocate(store, 0, true);
    }
    return acquire_make(store, interp.no_arguments, NULL, &made);
}

void
acquire_finish(Hook *hook, PyObject *self)
{
    if (!overrides_are_used(&hook->overrides)) {
        return;
    }
    Override override = overrides_find(&hook->overrides, self);
    if (override.object == NULL || override.disposition != UNREADY) {
        return; /* it may have been detached, or assigned to another pool, meanwhile */
    }
    if (override.store != hook->own_store) {
        overrides_turn(&hook->overrides, self, UNREADY, RETURNS);
        return;
    }
    Py_XDECREF(overrides_pop_unready(&hook->overrides, self).store);
}

COLD PyObject *
acquire_fail(PyObject *self)
{
    PyObject *pending = compat_take_exception();
    Hook *hook = hook_of(Py_TYPE(self)); /* look it up again: `__init__` may have ended the pool */
    bool is_known = hook == NULL || overrides_turn(&hook->overrides, self, UNREADY, FAILED)
                    || overrides_turn(&hook->overrides, self, RETURNS, FAILED) || has_override(&hook->overrides, self)
                    || overrides_set(&hook->overrides, self, hook->own_store, FAILED);
    if (!is_known && compat_is_unique(self)) {
        store_count(hook->own_store, DISCARDED_ERROR, 1);
        destroy_at_once(self);
    }
    else {
        Py_DECREF(self);
    }
    compat_put_exception(pending); /* instead of the MemoryError of overrides_set */
    return NULL;
}
