#include "paths/recycle_alive.h"

#include "base/gc_track.h"
#include "object/user_hooks.h"

/* Whether an object that `store` empties was detached or assigned to another pool meanwhile. */
static bool
has_moved(PoolStore *store, PyObject *self)
{
    PoolStore *own_store = store->hook->own_store;
    if (own_store == NULL) {
        return false; /* the pool of the class has ended meanwhile, and the overrides with it */
    }
    Override override = overrides_find(&store->hook->overrides, self);
    return store == own_store ? override.object != NULL : override.store != store || override.disposition != RETURNS;
}

/* Release an object to which `reset` or `capacity` has stored a reference. Returns its outcome. Another thread may drop
   that reference meanwhile: then `*alive` is unset, and the object is ours again. */
static COLD Outcome
give_up(PoolStore *store, PyObject *self, Outcome outcome, bool *alive)
{
    Hook *hook = store->hook;
    Outcome counts = outcome == DISCARDED_ERROR ? outcome : ESCAPED;
    bool overridden = false;
    if (has_moved(store, self)) {
        counts = COUNTED_ALREADY;
    }
    else {
        overridden = overrides_set(&hook->overrides, self, store, UNCOUNTED);
        if (!overridden) {
            PyErr_Clear();
            counts = COUNTED_ALREADY; /* not now: it stays in use, and returns when it is dropped */
        }
    }
    gc_track_fast(self);
    compat_resurrect_commit(self);
    *alive = !compat_decref_no_dealloc(self);
    if (*alive) {
        return counts; /* from here on, another thread may destroy it */
    }
    gc_untrack_fast(self);
    if (overridden && store != hook->own_store) {
        overrides_turn(&hook->overrides, self, UNCOUNTED, RETURNS);
    }
    else if (overridden) {
        Py_XDECREF(overrides_pop(&hook->overrides, self).store);
    }
    return outcome;
}

/* Give an object of refcount 0 a reference while Python functions empty or measure it. If `*alive` is set, it stays
   alive. */
static Outcome
empty_living(PoolStore *store, PyObject *self, bool *alive)
{
    PyObject *pending = compat_take_exception();
    compat_resurrect(self);
    Outcome outcome = store->reset != NULL ? user_hooks_reset(store, self) : user_hooks_empty(store, self);
    *alive = !compat_is_unique(self);
    if (*alive) {
        outcome = give_up(store, self, outcome, alive);
    }
    else {
        gc_untrack_fast(self); /* a dict tracks itself when an item is inserted */
        compat_decref_no_dealloc(self);
    }
    compat_put_exception(pending);
    return outcome;
}

COLD Outcome
recycle_empty_alive(PoolStore *store, PyObject *self, bool *alive)
{
    Hook *hook = store->hook;
    bool is_own = store == hook->own_store;
    if (!is_own && !overrides_set(&hook->overrides, self, store, RETURNS)) {
        PyErr_Clear();
        return DISCARDED_ERROR;
    }
    Outcome outcome = empty_living(store, self, alive);
    if (*alive) {
        return outcome;
    }
    if (has_moved(store, self)) {
        return COUNTED_ALREADY;
    }
    if (!is_own) {
        Py_XDECREF(overrides_pop(&hook->overrides, self).store);
    }
    return outcome;
}
