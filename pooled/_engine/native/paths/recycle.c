#include "paths/recycle.h"

#include "base/attrs.h"
#include "base/gc_track.h"
#include "object/debug_trace.h"
#include "object/destroy.h"
#include "object/fields.h"
#include "object/object_checks.h"
#include "object/scrub.h"
#include "paths/recycle_alive.h"
#include "paths/recycle_park.h"

/* Empty an untracked object of refcount 0, and park it if it can be kept. Returns its outcome. With `*alive` set, the object
   is no longer ours. Otherwise the caller destroys it, unless the outcome is RECYCLED. */
static inline Outcome
recycle(PoolStore *store, PyObject *self, bool *alive)
{
    if (UNLIKELY(compat_is_finalized(self))) {
        return COLLECTED; /* its `__del__` has run, or other objects of its cycle can still reach it */
    }
    Freelist *freelist = store_freelist(store);
    if (UNLIKELY(freelist == NULL || store_is_full(store, freelist))) {
        return DISCARDED_FULL;
    }
    if (PyDict_Check(self) && compat_dict_is_watched((PyDictObject *)self)) {
        return DISCARDED_REFUSED; /* its watcher has to be notified that it is freed */
    }
    if (store->reset == NULL && UNLIKELY(store_is_too_large(store, self))) {
        return DISCARDED_LARGE;
    }
    if (has_weakrefs(self)) {
        PyObject_ClearWeakRefs(self);
    }
    if (UNLIKELY(store->reset != NULL || store->capacity != NULL || store->hook->empty != NULL)) {
        Outcome outcome = recycle_empty_alive(store, self, alive);
        if (*alive || outcome != RECYCLED) {
            return outcome;
        }
        if (Py_TYPE(self) != store->hook->type) {
            return DISCARDED_REFUSED; /* its reset changed its class */
        }
        if (store->reset != NULL && store_is_too_large(store, self)) {
            return DISCARDED_LARGE;
        }
        if (has_weakrefs(self)) {
            PyObject_ClearWeakRefs(self);
        }
    }
    if (store->reset == NULL) {
        bool by_field = store->fields != NULL && fields_keep(store->fields, store);
        Outcome outcome = by_field ? fields_empty_object(store, self) : scrub_object(store, self);
        if (UNLIKELY(outcome != RECYCLED)) {
            return outcome;
        }
    }
    return park(store, self, RECYCLED);
}

COLD void
recycle_destroy_counted(Hook *hook, PoolStore *store, PyObject *self)
{
    if (store != NULL && store->fields != NULL) {
        fields_track_parts(store->fields, self);
    }
    Py_INCREF(hook); /* its finalizer may drop the last reference to the class */
    destroy_object(self);
    Py_DECREF(hook);
}

/* Destroy an object that must not be recycled because of its override. Takes the reference to the store of the
   override. */
static COLD void
destroy_overridden(Hook *hook, Override override, PyObject *self)
{
    if (override.disposition != UNCOUNTED) {
        Outcome outcome = compat_is_finalized(self)        ? COLLECTED
                          : override.disposition == FAILED ? DISCARDED_ERROR
                                                           : DISCARDED_REFUSED;
        store_count(override.store, outcome, 1);
    }
    recycle_destroy_counted(hook, NULL, self);
    Py_DECREF(override.store);
}

/* A reset may move its object to another pool. After this many moves the object is refused; otherwise, two resets could
   move it forever. */
enum { MOVES = 1 };

/* Recycle an object into the pool to which its own reset has moved it. */
static COLD void
move_on(Hook *hook, PyObject *self, int moves)
{
    if (moves < MOVES) {
        recycle_object(hook, self, moves + 1);
        return;
    }
    Override override = overrides_pop(&hook->overrides, self);
    if (override.object == NULL) {
        override = (Override){self, (PoolStore *)Py_NewRef(hook->own_store), UNREADY};
    }
    else if (override.disposition == RETURNS) {
        override.disposition = UNREADY;
    }
    destroy_overridden(hook, override, self);
}

/* Count the outcome of an object that was not parked, and destroy it unless it is alive. COUNTED_ALREADY means that its own
   reset detached it or assigned it to another pool. */
static COLD void
settle(Hook *hook, PoolStore *store, PyObject *self, Outcome outcome, bool alive, int moves)
{
    if (outcome == COUNTED_ALREADY && !alive) {
        move_on(hook, self, moves);
        return;
    }
    store_count(store, outcome, 1);
    if (!alive) {
        recycle_destroy_counted(hook, store, self);
    }
}

/* Whether the `__new__` of a base in C may have failed after it allocated the object. Such an object is too incomplete
   to be emptied by a `reset`, or by C if the base has state. The error is set when `__new__` drops the object. */
static inline bool
may_be_half_made(const PoolStore *store, PyObject *self)
{
    if (LIKELY(self != this_thread.receiver.allocated)) {
        return false;
    }
    this_thread.receiver.allocated = NULL;
    return (!store->hook->is_stateless || !store_takes_blank(store)) && PyErr_Occurred() != NULL;
}

void
recycle_object(Hook *hook, PyObject *self, int moves)
{
    gc_untrack_fast(self); /* from here on, it may be partly emptied */
    trace_dropped(self);
    Override override = {.object = NULL};
    if (UNLIKELY(overrides_are_used(&hook->overrides))) {
        override = overrides_pop(&hook->overrides, self);
    }
    if (override.object != NULL && override.disposition != RETURNS) {
        destroy_overridden(hook, override, self);
        return;
    }
    PoolStore *store = hook->own_store;
    if (override.object != NULL) {
        store = override.store; /* with the reference that the override owned */
    }
    else {
        store_hold(store); /* emptying runs code that may drop the last reference to the pool */
        CHECKED(object_check_path(store));
    }
    bool alive = false;
    Outcome outcome = may_be_half_made(store, self) ? DISCARDED_REFUSED : recycle(store, self, &alive);
    if (UNLIKELY(outcome != RECYCLED)) {
        settle(hook, store, self, outcome, alive, moves);
    }
    if (override.object != NULL) {
        Py_DECREF(store);
    }
    else {
        CHECKED(object_check_path(store));
        store_release(store);
    }
}
