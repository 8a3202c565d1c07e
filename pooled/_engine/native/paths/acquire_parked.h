/* Parked objects: how one comes off a freelist, and how it is put back. */

#ifndef POOLED_ACQUIRE_PARKED_H
#define POOLED_ACQUIRE_PARKED_H

#include "base/compat.h"
#include "base/gc_track.h"
#include "object/debug_trace.h"
#include "object/object_checks.h"
#include "pool/store.h"

/* Make a popped object of a store with fields blank, or give it its parts, and track it. NULL with an exception set, if a
   part could not be made ready. */
PyObject *parked_finish(PoolStore *store, PyObject *self);

/* Discard an object that was just popped and must not be handed out. */
void parked_discard(PoolStore *store, PyObject *self);

/* Destroy an object that was just popped, as trimming does: it counts as never handed out. */
void parked_withdraw(PoolStore *store, PyObject *self);

/* Park the object that `parked_pop` returned again, unless it has got another reference since. */
void parked_put_back(PoolStore *store, PyObject *self);

/* One of the topmost parked objects that can serve a call with these arguments. NULL, without an exception, where none
   can. */
PyObject *parked_pop_fitting(PoolStore *store, PyObject *args);

/* Do to a parked object what `__new__` does with the arguments of a call. -1 with an exception set. */
int parked_refill(Hook *hook, PyObject *self, PyObject *args);

/* The same as `parked_pop_untracked`, without a check that the object is unchanged. */
static inline PyObject *
parked_pop_any(PoolStore *store)
{
    Freelist *freelist = store_freelist(store);
    PyObject *self = LIKELY(freelist != NULL) ? store_pop(store, freelist) : NULL;
    if (LIKELY(self != NULL)) {
        CHECKED(object_check_parked(store, self));
        Py_INCREF(store->hook->type);
        compat_revive(self);
    }
    return self;
}

/* A parked object, alive, and not yet tracked; or NULL. In debug mode, NULL may come with an exception set. */
static inline PyObject *
parked_pop_untracked(PoolStore *store)
{
    PyObject *self;
    while ((self = parked_pop_any(store)) != NULL && DEBUG_TRACE) {
        PyObject *warning;
        if (trace_popped(store, self, &warning)) {
            break;
        }
        parked_discard(store, self);
        trace_warn(warning);
        if (PyErr_Occurred()) {
            return NULL;
        }
    }
    return self;
}

/* A parked object, alive, in the state in which `__new__` of the class or a reset leaves it; or NULL. */
static inline PyObject *
parked_pop(PoolStore *store)
{
    PyObject *self = parked_pop_untracked(store);
    if (UNLIKELY(self == NULL)) {
        return NULL;
    }
    if (UNLIKELY(store->fields != NULL
                 || (DEBUG_TRACE && store_takes_blank(store)))) { /* not before: others may change it */
        return parked_finish(store, self);
    }
    gc_track_fast(self);
    return self;
}

#endif
