#include "paths/recycle_alive.h"

#include "base/gc_track.h"
#include "object/user_hooks.h"

/* Whether an object that `store` empties was detached, or assigned to another pool, since it was overridden for that. */
static bool
has_moved(PoolStore *store, PyObject *self)
{
    PoolStore *own_store = store->hook->own_store;
    if (own_store == NULL) {
        return false; /* the class's own pool has ended meanwhile, and with it all that was overridden */
    }
    Override override = overrides_find(&store->hook->overrides, self);
    return store == own_store ? override.object != NULL : override.store != store || override.disposition != RETURNS;
}

/* An object that its reset or capacity gave to somebody stays alive, and is no longer ours. Say what it counts as; or
   that nobody has it any more, with *alive unset. */
static COLD Outcome
let_go(PoolStore *store, PyObject *self, Outcome outcome, bool *alive)
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
            PyErr_Clear(); /* it will be counted a second time */
        }
    }
    gc_track_fast(self);
    compat_stay(self);
    *alive = !compat_let_go(self);
    if (*alive) {
        return counts; /* from here on, others may end it */
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

/* Have an object of refcount 0 alive while functions in Python empty or measure it. With *alive set, it stays so. */
static Outcome
empty_living(PoolStore *store, PyObject *self, bool *alive)
{
    PyObject *pending = compat_take_exception();
    compat_come_alive(self);
    Outcome outcome = store->reset != NULL ? user_hooks_reset(store, self) : user_hooks_empty(store, self);
    *alive = !compat_is_unique(self);
    if (*alive) {
        outcome = let_go(store, self, outcome, alive);
    }
    else {
        gc_untrack_fast(self); /* a dict tracks itself when something is put in */
        compat_let_go(self);
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
