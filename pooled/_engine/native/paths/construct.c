#include "paths/construct.h"

#include "base/gc_track.h"
#include "object/fields.h"
#include "object/init_bind.h"
#include "object/object_checks.h"
#include "object/run_init.h"
#include "paths/acquire_new.h"
#include "paths/acquire_parked.h"

/* Track an object and assign its attributes. Its containers are in their places. */
static void
track_and_assign(InitPlan *plan, PyObject *self, const Places *places, PyObject *const *values)
{
    if (!COMPAT_FREE_THREADED) {
        gc_track_fast(self);
    }
    init_run_assign(plan, places, values);
    gc_track_fast(self); /* without a GIL, not before: the release of a part may wait for another thread */
}

/* Make the missing containers of an untracked object, assign its attributes, and track it. Code may run meanwhile, and release
   the values. */
static PyObject *
make_and_assign(PoolStore *store, InitPlan *plan, PyObject *self, Places *places, PyObject *const *values)
{
    Py_ssize_t count = plan->parameters;
    store_hold(store);
    hold_plan(store, plan);
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_INCREF(values[i]);
    }
    bool done = init_run_make(plan, places, values);
    if (LIKELY(done)) {
        track_and_assign(plan, self, places, values);
        init_run_track_made(plan, places, values);
    }
    else {
        if (plan->fields->entries != 0) {
            fields_set_order(plan->fields, &places->values);
        }
        fields_track_parts(plan->fields, self);
        gc_track_fast(self);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_DECREF(values[i]);
    }
    if (LIKELY(done)) {
        store_count_init(store, INIT_IN_C);
    }
    self = done ? self : acquire_fail(self);
    release_plan(store, plan);
    store_release(store);
    return self;
}

APART PyObject *
construct_any(PoolStore *store, InitPlan *plan, PyObject *self, Places *places, PyObject *const *values,
              Py_ssize_t count)
{
    PyObject *all[INIT_MOST];
    init_bind_all(plan, values, count, all);
    if (!init_run_has_parts(plan, places)) {
        return make_and_assign(store, plan, self, places, all);
    }
    track_and_assign(plan, self, places, all);
    store_count_init(store, INIT_IN_C);
    return self;
}

APART PyObject *
construct_new(PoolStore *store, InitPlan *plan, PyObject *const *args, size_t nargsf, PyObject *names)
{
    if (PyErr_Occurred()) {
        return NULL;
    }
    PyTypeObject *type = store->hook->type;
    store_hold(store);
    CHECKED(object_check_path(store));
    hold_plan(store, plan);
    PyObject *self = acquire_make_plain(store); /* this may run a collection, and so any code */
    PyObject *bound[INIT_MOST];
    PyObject *const *values = NULL;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    Places places;
    if (LIKELY(self != NULL)) {
        if (COMPAT_FREE_THREADED) {
            gc_untrack_fast(self); /* binding may wait for another thread, which must not find the object */
        }
        values = init_bind(plan, args, &count, names, bound);
        if (COMPAT_FREE_THREADED) {
            gc_track_fast(self);
        }
        bool is_current = store->init_plan == plan && compat_load(&plan->version) == compat_version_tag(type);
        if (UNLIKELY(!is_current || !init_run_find(plan, self, &places))) {
            values = NULL;
        }
    }
    if (LIKELY(values != NULL) && UNLIKELY(plan->makes || count > plan->plain_most)) {
        gc_untrack_fast(self); /* no code may see it half made */
        self = construct_any(store, plan, self, &places, values, count);
    }
    else if (LIKELY(values != NULL)) {
        init_run_assign_plain(plan, &places, values, count);
        store_count_init(store, INIT_IN_C);
    }
    else if (self != NULL) {
        store_count_init(store, INIT_UNFIT);
        self = run_init(store->hook, self, false, args, nargsf, names) < 0 ? acquire_fail(self) : self;
    }
    release_plan(store, plan);
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

COLD PyObject *
construct_instead(PoolStore *store, InitPlan *plan, PyObject *self, PyObject *const *args, size_t nargsf,
                  PyObject *names)
{
    store_hold(store);
    hold_plan(store, plan);
    parked_withdraw(store, self);
    PyObject *made = construct_new(store, plan, args, nargsf, names);
    release_plan(store, plan);
    store_release(store);
    return made;
}
