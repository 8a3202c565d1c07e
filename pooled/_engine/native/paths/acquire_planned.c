#include "paths/acquire_planned.h"

#include "base/interp.h"
#include "object/fields.h"
#include "object/init_bind.h"
#include "object/init_guards.h"
#include "object/init_plan.h"
#include "object/init_run.h"
#include "object/object_checks.h"
#include "object/run_init.h"
#include "paths/acquire_call.h"
#include "paths/acquire_new.h"
#include "paths/acquire_parked.h"
#include "paths/dealloc.h"
#include "paths/trim.h"

enum { MOST_PLANS = 8 }; /* a class that has lost its plan more often changes too often for a plan */

/* ---- plans come and go ---- */

static PyObject *call_counted(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names);
static PyObject *call_planned(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names);

/* Whether the calls of a class can be planned at all. */
static bool
is_possible(const PoolStore *store)
{
    const Hook *hook = store->hook;
    return !COMPAT_FREE_THREADED && store == hook->own_store && store_takes_blank(store) && hook->is_stateless
           && hook->fits == NULL && hook->empty == NULL && hook_new_is_of_object(hook) && !hook_is_abstract(hook)
           && hook->type->tp_init == interp.python_init;
}

vectorcallfunc
planned_vectorcall_for(PoolStore *own_store)
{
    if (!is_possible(own_store)) {
        return NULL;
    }
    return own_store->init_plan != NULL ? call_planned : own_store->until_plan > 0 ? call_counted : NULL;
}

/* Choose the slots again. CPython caches neither of them. */
static void
adapt(PoolStore *store)
{
    PyTypeObject *type = store->hook->type;
    vectorcallfunc planned = planned_vectorcall_for(store);
    type->tp_vectorcall = planned != NULL ? planned : call_vectorcall_for(type);
    type->tp_dealloc = dealloc_for(store);
}

/* The version tag of a class; 0 if it has none. */
static unsigned
version_of(PyTypeObject *type)
{
    Py_XDECREF(compat_lookup(type, interp.init_name)); /* a look-up gives the class a tag */
    return type->tp_version_tag;
}

void
planned_drop(PoolStore *store)
{
    InitPlan *plan = store->init_plan;
    store->init_plan = NULL;
    store->until_plan = store->plans < MOST_PLANS ? PLAN_AFTER << store->plans : 0;
    if (store == store->hook->own_store) {
        adapt(store);
    }
    Py_XDECREF(plan); /* last: it may run code */
}

/* Install a plan that was made for a version of the class. Parked objects that another plan has emptied are destroyed. */
static void
adopt(PoolStore *store, InitPlan *plan, unsigned version)
{
    plan->version = version;
    init_guards_watch_attributes(plan, store->hook->type);
    store->plans++;
    if (store->fields != NULL) {
        trim_to(store, 0); /* they may have kept attributes that this plan does not assign */
    }
    if (plan->makes || store->fields != NULL) {
        fields_install(store, plan->makes ? plan->fields : NULL);
        store->blank_calls = 0;
    }
    Py_XSETREF(store->init_plan, (InitPlan *)Py_NewRef(plan));
    adapt(store);
}

/* Whether the attributes have fixed places in the objects. The objects that were constructed so far have shown them. */
static bool
has_places(Fields *fields)
{
    if (fields->entries != 0) {
        fields_find_indices(fields);
    }
    return fields->entries == 0 || fields_steps_usable(fields);
}

/* Report an error of the reader, and return 0. Other exceptions, such as KeyboardInterrupt, stay set, for -1. */
static int
settle_error(PoolStore *store)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception)) {
        return -1;
    }
    PyErr_WriteUnraisable((PyObject *)store->hook->type);
    return 0;
}

int
planned_read(PoolStore *store)
{
    if (!is_possible(store) || store->init_plan != NULL || store->until_plan == 0) {
        return 0;
    }
    store->until_plan = 0; /* calls that are made meanwhile run `__init__` */
    adapt(store);
    unsigned version = version_of(store->hook->type);
    PyObject *plan = PyObject_CallMethodNoArgs((PyObject *)store, interp.read_init_name);
    if (plan == NULL) {
        return settle_error(store);
    }
    bool is_plan = init_plan_check(plan) && ((InitPlan *)plan)->fields->type == store->hook->type
                   && has_places(((InitPlan *)plan)->fields);
    if (is_plan && version != 0 && store->hook->type->tp_version_tag == version && is_possible(store)) {
        adopt(store, (InitPlan *)plan, version);
    }
    Py_DECREF(plan);
    return 0;
}

/* ---- calls ---- */

/* cls(...) of a class whose `__init__` may be planned later. */
static PyObject *
call_counted(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = hook_of((PyTypeObject *)cls);
    PoolStore *store = hook == NULL ? NULL : hook->own_store;
    if (store != NULL && store->until_plan > 0 && --store->until_plan == 0) {
        store->until_plan = 1;
        if (!init_guards_traced(compat_thread())) { /* otherwise a tool would see the reader run */
            store_hold(store);
            int status = planned_read(store);
            store_release(store);
            if (status < 0) {
                return NULL;
            }
        }
    }
    return call_general(cls, args, nargsf, names);
}

/* Make the missing containers of an untracked object, assign its attributes, and track it. Code may run meanwhile, and release
   the values. */
static PyObject *
make_and_assign(PoolStore *store, InitPlan *plan, PyObject *self, Places *places, PyObject *const *values)
{
    Py_ssize_t count = plan->parameters;
    store_hold(store);
    Py_INCREF(plan);
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_INCREF(values[i]);
    }
    bool done = init_run_make(plan, places, values);
    if (LIKELY(done)) {
        init_run_assign(plan, places, values);
    }
    else {
        if (plan->fields->entries != 0) {
            fields_set_order(plan->fields, &places->values);
        }
        fields_track_parts(plan->fields, self);
    }
    gc_track_fast(self);
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_DECREF(values[i]);
    }
    store->inits[INIT_IN_C] += done;
    self = done ? self : acquire_fail(self);
    Py_DECREF(plan);
    store_release(store);
    return self;
}

/* Assign the attributes of an untracked object in a call that is not plain, or for which a container is missing. */
static APART PyObject *
assign_any(PoolStore *store, InitPlan *plan, PyObject *self, Places *places, PyObject *const *values, Py_ssize_t count)
{
    PyObject *all[INIT_MOST];
    init_bind_all(plan, values, count, all);
    if (!init_run_has_parts(plan, places)) {
        return make_and_assign(store, plan, self, places, all);
    }
    init_run_assign(plan, places, all);
    gc_track_fast(self);
    store->inits[INIT_IN_C]++;
    return self;
}

/* A new object, whose attributes are assigned by a plan. */
static APART PyObject *
miss_planned(PoolStore *store, InitPlan *plan, PyObject *const *args, size_t nargsf, PyObject *names)
{
    if (PyErr_Occurred()) {
        return NULL;
    }
    PyTypeObject *type = store->hook->type;
    store_hold(store);
    CHECKED(object_check_path(store));
    Py_INCREF(plan);
    PyObject *self = acquire_make_plain(store); /* this may run a collection, and so any code */
    PyObject *bound[INIT_MOST];
    PyObject *const *values = NULL;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    Places places;
    if (self != NULL && LIKELY(store->init_plan == plan && plan->version == type->tp_version_tag)
        && LIKELY(init_run_find(plan, self, &places))) {
        values = init_bind(plan, args, &count, names, bound);
    }
    if (LIKELY(values != NULL) && UNLIKELY(plan->makes || count > plan->plain_most)) {
        gc_untrack_fast(self); /* no code may see it half made */
        self = assign_any(store, plan, self, &places, values, count);
    }
    else if (LIKELY(values != NULL)) {
        init_run_assign_plain(plan, &places, values, count);
        store->inits[INIT_IN_C]++;
    }
    else if (self != NULL) {
        store->inits[INIT_UNFIT]++;
        self = run_init(store->hook, self, false, args, nargsf, names) < 0 ? acquire_fail(self) : self;
    }
    Py_DECREF(plan);
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

/* The same for a popped object whose attributes have no places: its `__dict__` was read. Until 3.12, that is final. */
static COLD PyObject *
replace_parked(PoolStore *store, InitPlan *plan, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    store_hold(store);
    Py_INCREF(plan);
    parked_withdraw(store, self);
    PyObject *made = miss_planned(store, plan, args, nargsf, names);
    Py_DECREF(plan);
    store_release(store);
    return made;
}

/* cls(...) where the plan does not hold. */
static COLD PyObject *
call_stopped(PoolStore *store, InitOutcome why, PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    store->inits[why]++;
    if (why == INIT_PATCHED) {
        planned_drop(store);
    }
    return call_general(cls, args, nargsf, names);
}

/* cls(...) after an attribute of the class was set. A program may set one before each call, so the class is examined
   only after it stayed the same for two calls. */
static COLD PyObject *
call_changed(PoolStore *store, PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    store_hold(store); /* dropping a plan may run code */
    InitPlan *plan = (InitPlan *)Py_NewRef(store->init_plan);
    unsigned version = version_of((PyTypeObject *)cls);
    if (version != 0 && version == plan->seen) {
        if (init_guards_check_class(plan, store->hook)) {
            plan->version = version;
        }
        else {
            planned_drop(store);
        }
    }
    else {
        plan->seen = version != 0 ? version : NO_VERSION;
    }
    store->inits[INIT_CHANGED]++;
    Py_DECREF(plan);
    store_release(store);
    return call_general(cls, args, nargsf, names);
}

/* cls(...) of a class that has a plan. */
static PyObject *
call_planned(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    Hook *hook = hook_of(type);
    InitPlan *plan = LIKELY(hook != NULL) ? hook->own_store->init_plan : NULL;
    if (UNLIKELY(plan == NULL || !compat_is_called_plainly(cls))) {
        return call_general(cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
    if (UNLIKELY(plan->version != type->tp_version_tag)) {
        return call_changed(store, cls, args, nargsf, names);
    }
    InitOutcome why = init_guards_check(plan);
    if (UNLIKELY(why != INIT_IN_C)) {
        return call_stopped(store, why, cls, args, nargsf, names);
    }
    PyObject *bound[INIT_MOST];
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    PyObject *const *values = init_bind(plan, args, &count, names, bound);
    if (UNLIKELY(values == NULL)) {
        return call_stopped(store, INIT_UNBOUND, cls, args, nargsf, names);
    }
    CHECKED(object_check_path(store));
    PyObject *self = parked_pop_untracked(store);
    if (UNLIKELY(self == NULL)) {
        return miss_planned(store, plan, args, nargsf, names);
    }
    Places places;
    if (UNLIKELY((DEBUG_TRACE && store->init_plan != plan) || !init_run_find(plan, self, &places))) {
        return replace_parked(store, plan, self, args, nargsf, names);
    }
    if (UNLIKELY(store->blank_calls != 0)) {
        store->blank_calls = 0;
    }
    if (UNLIKELY(count > plan->plain_most || (plan->makes && !init_run_has_parts(plan, &places)))) {
        return assign_any(store, plan, self, &places, values, count);
    }
    init_run_assign_plain(plan, &places, values, count);
    gc_track_fast(self);
    store->inits[INIT_IN_C]++;
    CHECKED(object_check_path(store));
    return self;
}
