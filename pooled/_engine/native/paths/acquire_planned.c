#include "paths/acquire_planned.h"

#include "base/interp.h"
#include "object/fields.h"
#include "object/init_bind.h"
#include "object/init_guards.h"
#include "object/init_plan.h"
#include "object/init_run.h"
#include "object/object_checks.h"
#include "paths/acquire_call.h"
#include "paths/acquire_parked.h"
#include "paths/construct.h"
#include "paths/dealloc.h"
#include "paths/trim.h"

enum { MOST_PLANS = 8 }; /* a class that has lost its plan more often changes too often for a plan */

/* ---- plans come and go ----

   A plan assumes that parked objects were emptied by its own fields. Without a GIL, this holds for every thread:

   - All other threads are stopped while the fields of a store, its plan and the slots of the class are exchanged, and then
     nothing is parked (trim_run_empty).
   - A thread that is emptying an object at that time discards it (fields_empty_object).
   - A call reads the plan of the store again after it has popped an object.

   A thread may be using a former plan, so the store keeps it. */

static PyObject *call_counted(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names);
static PyObject *call_planned(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names);

/* Whether the calls of a class can be planned at all. */
static bool
is_possible(const PoolStore *store)
{
    const Hook *hook = store->hook;
    return store == hook->own_store && store_takes_blank(store) && hook->is_stateless && hook->fits == NULL
           && hook->empty == NULL && hook_new_is_of_object(hook) && !hook_is_abstract(hook)
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

/* Choose the slots again. CPython caches neither of them. With all other threads stopped, as in the functions below. */
static void
adapt(void *argument)
{
    PoolStore *store = argument;
    PyTypeObject *type = store->hook->type;
    if (store == store->hook->own_store) {
        vectorcallfunc planned = planned_vectorcall_for(store);
        type->tp_vectorcall = planned != NULL ? planned : call_vectorcall_for(type);
        type->tp_dealloc = dealloc_for(store);
    }
}

/* What a store loses and gets. */
typedef struct {
    PoolStore *store;
    InitPlan *plan;   /* the plan to drop or to adopt; borrowed */
    Fields *fields;   /* the new fields; borrowed, or NULL */
    bool is_empty;    /* whether nothing is parked */
    InitPlan *former; /* a plan to release afterwards: a strong reference, or NULL */
} Exchange;

static void
remove_plan(Exchange *exchange)
{
    PoolStore *store = exchange->store;
    InitPlan *former = store->init_plan;
    store->init_plan = NULL;
    store->until_plan = store->plans < MOST_PLANS ? PLAN_AFTER << store->plans : 0;
#if COMPAT_FREE_THREADED
    if (former != NULL) {
        former->former = store->retired_plans;
        store->retired_plans = former;
    }
#else
    exchange->former = former;
#endif
}

static void
drop_plan(void *argument)
{
    Exchange *exchange = argument;
    if (exchange->store->init_plan == exchange->plan) { /* else another thread was faster */
        remove_plan(exchange);
        adapt(exchange->store);
    }
}

static void
change_fields(void *argument)
{
    Exchange *exchange = argument;
    remove_plan(exchange);
    fields_exchange(exchange->store, exchange->fields);
    adapt(exchange->store);
}

static void
adopt_plan(void *argument)
{
    Exchange *exchange = argument;
    PoolStore *store = exchange->store;
    bool fits = exchange->is_empty || store->fields == NULL; /* the latter: parked objects are blank */
    if (fits && store->init_plan == NULL) {
        fields_exchange(store, exchange->fields);
        store->init_plan = (InitPlan *)Py_NewRef(exchange->plan);
        store->until_plan = 0;
        store->plans++;
        adapt(store);
    }
}

/* Drop a plan. The `__init__` may be read again later. */
static void
drop(PoolStore *store, InitPlan *plan)
{
    Exchange exchange = {.store = store, .plan = plan};
    lock_run_exclusive(drop_plan, &exchange);
    Py_XDECREF(exchange.former); /* last: it may run code */
}

bool
planned_change_fields(PoolStore *store, Fields *fields)
{
    Exchange exchange = {.store = store, .fields = fields};
    bool done = trim_run_empty(store, change_fields, &exchange);
    Py_XDECREF(exchange.former);
    return done;
}

/* The version tag of a class; 0 if it has none. */
static unsigned
version_of(PyTypeObject *type)
{
    Py_XDECREF(compat_lookup(type, interp.init_name)); /* a look-up gives the class a tag */
    return compat_version_tag(type);
}

/* Adopt a plan that was made for a version of the class. */
static void
adopt(PoolStore *store, InitPlan *plan, unsigned version)
{
    plan->version = version;
    init_guards_prepare(plan, store->hook->type);
    Exchange exchange = {
        .store = store, .plan = plan, .fields = plan->makes ? plan->fields : NULL, .is_empty = store->fields != NULL};
    if (exchange.is_empty) {
        trim_run_empty(store, adopt_plan, &exchange); /* without memory, `__init__` runs as before */
    }
    else {
        lock_run_exclusive(adopt_plan, &exchange);
    }
}

/* Whether the attributes have fixed places in the objects. The objects that were constructed so far have shown them. */
static bool
has_places(InitPlan *plan)
{
    if (plan->fields->entries != 0) {
        fields_find_indices(plan->fields);
    }
    return init_plan_place(plan);
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
    /* Calls that are made meanwhile run `__init__`. */
    if (!is_possible(store) || store->init_plan != NULL || compat_exchange_int(&store->until_plan, 0) <= 0) {
        return 0;
    }
    lock_run_exclusive(adapt, store);
    unsigned version = version_of(store->hook->type);
    PyObject *plan = PyObject_CallMethodNoArgs((PyObject *)store, interp.read_init_name);
    if (plan == NULL) {
        return settle_error(store);
    }
    bool is_plan =
        init_plan_check(plan) && ((InitPlan *)plan)->fields->type == store->hook->type && has_places((InitPlan *)plan);
    if (is_plan && version != 0 && compat_version_tag(store->hook->type) == version && is_possible(store)) {
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
    if (store != NULL && compat_load_int(&store->until_plan) > 0 && compat_decrement(&store->until_plan) == 0) {
        compat_store_int(&store->until_plan, 1);
        store_hold(store);
        bool is_traced = init_guards_traced(compat_thread()); /* then a tool would see the reader run */
        int status = is_traced ? 0 : planned_read(store);
        store_release(store);
        if (status < 0) {
            return NULL;
        }
    }
    return call_general(cls, args, nargsf, names);
}

/* cls(...) where the plan does not hold. */
static COLD PyObject *
call_stopped(PoolStore *store, InitPlan *plan, InitOutcome why, PyObject *cls, PyObject *const *args, size_t nargsf,
             PyObject *names)
{
    store_count_init(store, why);
    if (why == INIT_PATCHED) {
        drop(store, plan);
    }
    return call_general(cls, args, nargsf, names);
}

/* cls(...) after an attribute of the class was set. A program may set one before each call, so the class is examined
   only after it stayed the same for two calls. */
static COLD PyObject *
call_changed(PoolStore *store, InitPlan *plan, PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    store_hold(store); /* dropping a plan may run code */
    hold_plan(store, plan);
    unsigned version = version_of((PyTypeObject *)cls);
    if (version != 0 && version == compat_load(&plan->seen)) {
        if (init_guards_check_class(plan, store->hook)) {
            compat_store(&plan->version, version);
        }
        else {
            drop(store, plan);
        }
    }
    else {
        compat_store(&plan->seen, version != 0 ? version : NO_VERSION);
    }
    store_count_init(store, INIT_CHANGED);
    release_plan(store, plan);
    store_release(store);
    return call_general(cls, args, nargsf, names);
}

static ALWAYS_INLINE PyObject *
call_with_plan(PoolStore *store, PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    InitPlan *plan = store->init_plan;
    if (UNLIKELY(plan == NULL || !compat_is_called_plainly(cls))) {
        return call_general(cls, args, nargsf, names);
    }
    if (UNLIKELY(compat_load(&plan->version) != compat_version_tag(type))) {
        return call_changed(store, plan, cls, args, nargsf, names);
    }
    InitOutcome why = init_guards_check(plan);
    if (UNLIKELY(why != INIT_IN_C)) {
        return call_stopped(store, plan, why, cls, args, nargsf, names);
    }
    PyObject *bound[INIT_MOST];
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    PyObject *const *values = init_bind(plan, args, &count, names, bound);
    if (UNLIKELY(values == NULL)) {
        return call_stopped(store, plan, INIT_UNBOUND, cls, args, nargsf, names);
    }
    CHECKED(object_check_path(store));
    PyObject *self = parked_pop_untracked(store);
    if (UNLIKELY(self == NULL)) {
        return construct_new(store, plan, args, nargsf, names);
    }
    Places places;
    bool is_current = !(COMPAT_FREE_THREADED || DEBUG_TRACE) || store->init_plan == plan;
    if (UNLIKELY(!is_current || !init_run_find(plan, self, &places))) {
        return construct_instead(store, plan, self, args, nargsf, names);
    }
    if (UNLIKELY(compat_load_int(&store->blank_calls) != 0)) {
        compat_store_int(&store->blank_calls, 0);
    }
    if (UNLIKELY(count > plan->plain_most || (plan->makes && !init_run_has_parts(plan, &places)))) {
        return construct_any(store, plan, self, &places, values, count);
    }
    gc_track_fast(self); /* no code runs until it is complete */
    init_run_assign_plain(plan, &places, values, count);
    store_count_init(store, INIT_IN_C);
    CHECKED(object_check_path(store));
    return self;
}

/* cls(...) of a class that has a plan. */
static PyObject *
call_planned(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = hook_of((PyTypeObject *)cls);
    if (UNLIKELY(hook == NULL)) {
        return call_general(cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
#if COMPAT_FREE_THREADED
    store_hold(store); /* a guard may wait for another thread, which may drop the last reference to the pool */
    PyObject *self = call_with_plan(store, cls, args, nargsf, names);
    store_release(store);
    return self;
#else
    return call_with_plan(store, cls, args, nargsf, names);
#endif
}
