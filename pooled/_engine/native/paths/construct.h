/* Construction by a plan, where the fast path in `call_planned` does not suffice. */

#ifndef POOLED_CONSTRUCT_H
#define POOLED_CONSTRUCT_H

#include "base/compat.h"
#include "object/init_plan.h"
#include "object/init_run.h"
#include "pool/store.h"

/* Assign the attributes of an untracked object in a call that is not plain, or for which a container is missing. `values` has
   those of the first `count` parameters. */
PyObject *construct_any(PoolStore *store, InitPlan *plan, PyObject *self, Places *places, PyObject *const *values,
                        Py_ssize_t count);

/* Make a new object, and assign its attributes. */
PyObject *construct_new(PoolStore *store, InitPlan *plan, PyObject *const *args, size_t nargsf, PyObject *names);

/* The same in place of a popped object that the plan does not fit. Most often its attributes have no places, because its
   `__dict__` was read: until 3.12, that is final. */
PyObject *construct_instead(PoolStore *store, InitPlan *plan, PyObject *self, PyObject *const *args, size_t nargsf,
                            PyObject *names);

/* Keep the plan of a store while code runs that may drop it. Without a GIL, the store keeps it, and threads do not write to
   the reference count that they share. */
static inline void
hold_plan(PoolStore *store, InitPlan *plan)
{
#if COMPAT_FREE_THREADED
    (void)plan;
    store_hold(store);
#else
    (void)store;
    Py_INCREF(plan);
#endif
}

static inline void
release_plan(PoolStore *store, InitPlan *plan)
{
#if COMPAT_FREE_THREADED
    (void)plan;
    store_release(store);
#else
    (void)store;
    Py_DECREF(plan);
#endif
}

#endif
