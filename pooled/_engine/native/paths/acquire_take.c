#include "paths/acquire_take.h"

#include "base/interp.h"
#include "object/debug_trace.h"
#include "object/fields.h"
#include "object/object_checks.h"
#include "object/run_init.h"
#include "paths/acquire_call.h"
#include "paths/acquire_new.h"
#include "paths/acquire_parked.h"

/* The given values, as a dict. */
static PyObject *
as_given(PyObject *const *given, PyObject *keywords)
{
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict != NULL && keywords != NULL && i < PyTuple_GET_SIZE(keywords); i++) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(keywords, i), given[i]) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

/* Call the check of the given values. False with an exception set, before anything has changed. */
static COLD bool
check_given(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    PyObject *dict = as_given(given, keywords);
    PyObject *done = dict == NULL ? NULL : PyObject_CallOneArg(store->check, dict);
    Py_XDECREF(dict);
    Py_XDECREF(done);
    return done != NULL;
}

/* Raise the error of a class that takes no arguments. */
static COLD bool
refuse_keywords(Hook *hook, PyObject *const *given, PyObject *keywords)
{
    PyObject *made = call_unhooked(hook->type, given, 0, keywords);
    Py_XDECREF(made);
    return made != NULL;
}

static inline bool
can_be_given(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    Fields *fields = store->fields;
    if (LIKELY(keywords == NULL)) {
        return fields == NULL || fields->completion != COMPLETION_ALWAYS || check_given(store, given, keywords);
    }
    if (fields == NULL && store->reset == NULL) {
        return !call_takes_nothing(store->hook) || refuse_keywords(store->hook, given, keywords);
    }
    if (fields == NULL) {
        return check_given(store, given, keywords);
    }
    return (fields->completion == COMPLETION_ASSIGNS && fields_have_keywords(fields, keywords))
           || check_given(store, given, keywords);
}

/* Call the rest of what `__init__` would do. */
static COLD bool
finish(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords)
{
    PyObject *dict = as_given(given, keywords);
    PyObject *done = dict == NULL ? NULL : PyObject_CallFunctionObjArgs(fields->finish, self, dict, NULL);
    Py_XDECREF(dict);
    Py_XDECREF(done);
    return done != NULL;
}

/* Give an untracked object its defaults and the given values, and track it. */
static inline bool
make_whole(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords)
{
    bool assigns = fields->completion == COMPLETION_ASSIGNS;
    bool done = fields_make_ready(fields, self, assigns ? given : NULL, assigns ? keywords : NULL);
    return LIKELY(done)
           && (LIKELY(assigns || (keywords == NULL && fields->completion != COMPLETION_ALWAYS))
               || finish(fields, self, given, keywords));
}

/* Make an object return to its store, if that is not the store of the class. False with MemoryError set. */
static inline bool
override_store(PoolStore *store, PyObject *self, Disposition disposition)
{
    return LIKELY(store == store->hook->own_store) || overrides_set(&store->hook->overrides, self, store, disposition);
}

/* Make an untracked object ready, of a class whose fields are known. */
static APART PyObject *
make_taken_ready(PoolStore *store, PyObject *self, PyObject *const *given, PyObject *keywords)
{
    if (UNLIKELY(!override_store(store, self, RETURNS))) {
        parked_put_back(store, self);
        return NULL;
    }
    store_hold(store); /* `finish` may drop the last reference to the pool */
    CHECKED(object_check_path(store));
    if (UNLIKELY(!make_whole(store->fields, self, given, keywords))) {
        self = acquire_fail(self);
    }
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

/* A parked object of a class whose fields are known. */
static inline PyObject *
take_parked(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    PyObject *self = parked_pop_untracked(store);
    if (UNLIKELY(store->blank_calls != 0)) { /* not written each time: all threads read it */
        store->blank_calls = 0;
    }
    if (UNLIKELY(self == NULL)) {
        return NULL;
    }
    if (LIKELY(keywords == NULL && store->takes_at_once && store == store->hook->own_store
               && fields_make_ready_at_once(store->fields, self))) {
        return self;
    }
    return make_taken_ready(store, self, given, keywords);
}

/* A new object of a class whose fields are known. */
static COLD PyObject *
take_new(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    Hook *hook = store->hook;
    store_hold(store);
    CHECKED(object_check_path(store));
    bool made = true;
    PyObject *self =
        hook_new_is_of_object(hook) ? acquire_make_plain(store) : acquire_make(store, interp.no_arguments, NULL, &made);
    if (self != NULL && made) { /* else a `__new__` that was set later has returned another object */
        gc_untrack_fast(self);
        self = make_whole(store->fields, self, given, keywords) ? self : acquire_fail(self);
    }
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

/* A parked object of a class whose objects are not emptied field by field. */
static PyObject *
take_as_left(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    Hook *hook = store->hook;
    if (UNLIKELY(hook->fits != NULL)) {
        return NULL; /* only arguments tell which object fits */
    }
    PyObject *self = parked_pop(store);
    if (self == NULL) {
        return NULL;
    }
    if (UNLIKELY(!override_store(store, self, RETURNS))) {
        parked_put_back(store, self);
        return NULL;
    }
    if (!store_takes_blank(store) || (keywords == NULL && hook->type->tp_init == hook->idle_init)) {
        return self;
    }
    store_hold(store);
    CHECKED(object_check_path(store));
    if (UNLIKELY(run_init(hook, self, true, given, 0, keywords) < 0)) {
        self = acquire_fail(self);
    }
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

/* `try_take` with checks. */
static APART PyObject *
try_take_otherwise(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    if (UNLIKELY(!can_be_given(store, given, keywords))) {
        return NULL;
    }
    return store->strategy == STRATEGY_FIELDS ? take_parked(store, given, keywords)
                                              : take_as_left(store, given, keywords);
}

PyObject *
acquire_try_take(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    CHECKED(object_check_path(store));
    if (LIKELY(keywords == NULL && store->takes_at_once)) {
        return take_parked(store, NULL, NULL);
    }
    return try_take_otherwise(store, given, keywords);
}

PyObject *
acquire_take(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    PyObject *self = acquire_try_take(store, given, keywords);
    if (LIKELY(self != NULL) || PyErr_Occurred()) {
        return self;
    }
    return store->strategy == STRATEGY_FIELDS ? take_new(store, given, keywords)
                                              : call_construct_new(store, given, 0, keywords);
}

PyObject *
acquire_orphan(Hook *hook, PyObject *args, PyObject *kwargs)
{
    bool given = PyTuple_GET_SIZE(args) != 0 || PyDict_GET_SIZE(kwargs) != 0;
    if (given && call_takes_nothing(hook)) {
        return PyObject_Call((PyObject *)hook->type, args, kwargs); /* it raises */
    }
    PoolStore *store = hook->own_store;
    bool made;
    store_hold(store);
    PyObject *self = acquire_make(store, hook_new_is_of_object(hook) ? interp.no_arguments : args,
                                  hook_new_is_of_object(hook) ? NULL : kwargs, &made);
    if (self != NULL && made) {
        if (overrides_set(&hook->overrides, self, store, UNCOUNTED)) {
            store_count(store, MISS, -1);
            trace_dropped(self);
        }
        else {
            Py_CLEAR(self);
        }
    }
    if (self != NULL && PyObject_TypeCheck(self, hook->type) && Py_TYPE(self)->tp_init(self, args, kwargs) < 0) {
        Py_CLEAR(self);
    }
    store_release(store);
    return self;
}
