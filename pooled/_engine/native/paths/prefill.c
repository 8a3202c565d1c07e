#include "paths/prefill.h"

#include "base/attrs.h"
#include "base/gc_track.h"
#include "base/interp.h"
#include "object/debug_trace.h"
#include "object/fields.h"
#include "object/object_checks.h"
#include "object/run_init.h"
#include "object/user_hooks.h"
#include "paths/acquire_new.h"
#include "paths/recycle_park.h"

/* Run the part of the construction that a parked object has already gone through. */
static int
init_parkable(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    if (!store_takes_blank(store)) {
        return run_init(hook, self, false, NULL, 0, NULL);
    }
    bool is_container = hook->container != NULL || hook->empty != NULL; /* emptied in C, or in Python */
    bool inits = is_container && hook->type->tp_init == hook->base->tp_init;
    return inits ? hook->base->tp_init(self, interp.no_arguments, NULL) : 0;
}

/* A new object in the state of a parked one, in no pool and not counted. NULL if none can be made, with an exception if
   this is an error. */
static PyObject *
make_parkable(PoolStore *store)
{
    Hook *hook = store->hook;
    bool made;
    PyObject *self = acquire_make(store, interp.no_arguments, NULL, &made);
    if (self == NULL || !made) {
        Py_XDECREF(self);
        return NULL;
    }
    if (!overrides_set(&hook->overrides, self, store, UNCOUNTED)) {
        return acquire_fail(self);
    }
    store_count(store, MISS, -1); /* it is not handed out, and its `__init__` may raise */
    if (init_parkable(store, self) < 0) {
        Py_CLEAR(self);
    }
    if (self != NULL && store->fields != NULL) {
        gc_untrack_fast(self);
        Outcome outcome = fields_empty_object(store, self);
        gc_track_fast(self);
        if (outcome != RECYCLED) {
            Py_CLEAR(self);
        }
    }
    return self;
}

/* Park an object of refcount 1 that is ready to be used again and has the disposition UNCOUNTED, with the caller's
   reference. False if the limits do not allow it, or other code has a reference; then the caller keeps its own. */
static bool
park_ready(PoolStore *store, PyObject *self)
{
    Freelist *freelist = store_freelist(store);
    if (!compat_is_unique(self) || freelist == NULL || store_is_full(store, freelist)) {
        return false;
    }
    if (store->reset != NULL && store->capacity != NULL) {
        int large = user_hooks_is_too_large(store, self);
        if (large < 0) {
            user_hooks_report(store, Py_TYPE(self));
        }
        if (large != 0) {
            return false;
        }
    }
    if (store->reset != NULL && store_is_too_large(store, self)) {
        return false;
    }
    if (!compat_is_unique(self)
        || Py_TYPE(self) != store->hook->type) { /* `capacity` may have stored a reference, or changed its class */
        return false;
    }
    gc_untrack_fast(self);
    compat_decref_no_dealloc(self);
    if (has_weakrefs(self)) {
        PyObject_ClearWeakRefs(self);
    }
    Override override = overrides_pop(&store->hook->overrides, self); /* before another thread can take the object */
    bool parked = park(store, self, COUNTED_ALREADY) == RECYCLED;
    if (!parked) {
        compat_revive(self);
        gc_track_fast(self);
        if (!overrides_set(&store->hook->overrides, self, store, UNCOUNTED)) {
            PyErr_Clear();
            store_count(store, MISS, 1); /* its outcome will be counted */
        }
    }
    Py_XDECREF(override.store);
    return parked;
}

int
prefill_one(PoolStore *store)
{
    CHECKED(object_check_path(store));
    const Fields *fields = store->fields;
    PyObject *self = make_parkable(store);
    if (self == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    bool traced = trace_readied(store, self);
    if (traced && store->fields == fields && park_ready(store, self)) { /* else other fields have emptied it */
        CHECKED(object_check_path(store));
        return 1;
    }
    if (store->fields != NULL) {
        fields_track_parts(store->fields, self);
    }
    Py_DECREF(self);
    return traced ? 0 : -1;
}
