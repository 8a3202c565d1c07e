#include "paths/acquire_parked.h"

#include "base/attrs.h"
#include "object/destroy.h"
#include "object/fields.h"
#include "object/scrub.h"
#include "paths/acquire_new.h"

enum { PROBES = 8 }; /* parked objects that are tried if not every object fits a call */

/* Make an untracked object that was just popped blank, without the parts that it kept, and track it. */
static void
make_blank(PoolStore *store, PyObject *self)
{
    if (store->fields != NULL) {
        fields_track_parts(store->fields, self);
        int calls = compat_load_int(&store->blank_calls);
        if (calls < BLANK_CALLS) {
            compat_store_int(&store->blank_calls, calls + 1);
        }
    }
    if (store->fields != NULL || DEBUG_TRACE) { /* in debug mode, code may run after the pop, and change the fields */
        scrub_attributes(store->hook, self);
    }
    gc_track_fast(self); /* not before: gc.get_objects() must not find it while its parts are freed */
}

COLD PyObject *
parked_finish(PoolStore *store, PyObject *self)
{
    store_hold(store); /* freeing a part may drop the last reference to the pool */
    if (store_takes_blank(store)) {
        make_blank(store, self);
    }
    else if (!fields_make_ready(store->fields, self)) {
        self = acquire_fail(self);
    }
    store_release(store);
    return self;
}

/* Count the outcome of an object that was just popped, and drop it without counting it again. If there is no memory for
   its override, it is dropped like an object in use, and counted then. */
static void
drop_popped(PoolStore *store, PyObject *self, Outcome outcome, int more)
{
    PyObject *pending = compat_take_exception();
    if (overrides_set(&store->hook->overrides, self, store, UNCOUNTED)) {
        store_count(store, outcome, more);
    }
    else {
        PyErr_Clear();
    }
    if (store->fields != NULL) {
        fields_track_parts(store->fields, self);
    }
    gc_track_fast(self);
    Py_DECREF(self);
    compat_put_exception(pending);
}

COLD void
parked_discard(PoolStore *store, PyObject *self)
{
    drop_popped(store, self, DISCARDED_REFUSED, 1);
}

COLD void
parked_withdraw(PoolStore *store, PyObject *self)
{
    drop_popped(store, self, HIT, -1);
}

/* Push an object of refcount 0 below all others. False if it has to be destroyed. */
static bool
put_under(PoolStore *store, PyObject *self)
{
    Freelist *freelist = store_freelist(store);
    store_count_on(store, freelist, HIT, -1);
    if (freelist == NULL) {
        return false;
    }
    return store_put_under(store, freelist, self);
}

COLD void
parked_put_back(PoolStore *store, PyObject *self)
{
    PyObject *pending = compat_take_exception();
    Hook *hook = store->hook;
    if (compat_is_unique(self) && Py_TYPE(self) == hook->type) {
        gc_untrack_fast(self);
        compat_decref_no_dealloc(self);
        if (has_weakrefs(self)) {
            PyObject_ClearWeakRefs(self);
        }
        trace_put_back(self);
        if (put_under(store, self)) {
            Py_DECREF(hook->type);
        }
        else {
            if (store->fields != NULL) {
                fields_track_parts(store->fields, self);
            }
            destroy_object(self);
        }
    }
    else {
        trace_dropped(self);
        if (overrides_set(&hook->overrides, self, store, UNCOUNTED)) {
            store_count(store, ESCAPED, 1);
        }
        else {
            PyErr_Clear(); /* it stays in use, and is counted when it is dropped */
        }
        Py_DECREF(self);
    }
    compat_put_exception(pending);
}

COLD PyObject *
parked_pop_fitting(PoolStore *store, PyObject *args)
{
    Hook *hook = store->hook;
    for (int i = 0; i < PROBES; i++) {
        PyObject *self = parked_pop(store);
        if (self == NULL) {
            return NULL;
        }
        PyObject *answer = PyObject_CallFunctionObjArgs(hook->fits, self, args, NULL);
        int fits = answer == NULL ? -1 : PyObject_IsTrue(answer);
        Py_XDECREF(answer);
        if (fits > 0 && compat_is_unique(self)) { /* else other code has got a reference */
            return self;
        }
        parked_put_back(store, self);
        if (fits < 0) {
            return NULL;
        }
    }
    return NULL;
}

COLD int
parked_refill(Hook *hook, PyObject *self, PyObject *args)
{
    PyObject *before = PyTuple_Pack(1, self);
    PyObject *all = before == NULL ? NULL : PySequence_Concat(before, args);
    PyObject *done = all == NULL ? NULL : PyObject_Call(hook->refill, all, NULL);
    Py_XDECREF(before);
    Py_XDECREF(all);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}
