#include "paths/acquire_take.h"

#include "base/interp.h"
#include "object/debug_trace.h"
#include "object/object_checks.h"
#include "object/run_init.h"
#include "paths/acquire_call.h"
#include "paths/acquire_new.h"
#include "paths/acquire_parked.h"

/* Whether `take` returns an object as its reset left it. */
static inline bool
takes_as_left(const PoolStore *store, Py_ssize_t count, PyObject *names)
{
    return !store_takes_blank(store) && count == 0 && (names == NULL || PyTuple_GET_SIZE(names) == 0);
}

/* A parked object that returns to `store`, or NULL. */
static PyObject *
pop_for(PoolStore *store)
{
    PyObject *self = parked_pop(store);
    if (self != NULL && store != store->hook->own_store
        && UNLIKELY(!overrides_set(&store->hook->overrides, self, store, RETURNS))) {
        parked_put_back(store, self);
        return NULL;
    }
    return self;
}

/* A parked object of a pool other than the pool of its class, after a call of its `__init__`; or NULL. */
static PyObject *
take_of_other_pool(PoolStore *store, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Hook *hook = store->hook;
    if (hook->fits != NULL) {
        return NULL; /* only `__new__` knows what fits */
    }
    if ((count != 0 || names != NULL) && call_takes_nothing(hook)) {
        return call_unhooked(hook->type, args, (size_t)count, names); /* it raises */
    }
    store_hold(store); /* `__init__` may drop the last reference to the pool */
    CHECKED(object_check_path(store));
    PyObject *self = pop_for(store);
    if (self != NULL && run_init(hook, self, store_takes_blank(store), args, (size_t)count, names) < 0) {
        self = acquire_fail(self);
    }
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

PyObject *
acquire_try_take(PoolStore *store, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    store_gather(store);
    if (takes_as_left(store, count, names)) {
        return pop_for(store);
    }
    if (store != store->hook->own_store) {
        return take_of_other_pool(store, args, count, names);
    }
    const Freelist *freelist = store_freelist(store);
    bool has_parked = freelist != NULL && store_has_parked(store, freelist);
    return has_parked ? compat_call_class(store->hook->type, args, (size_t)count, names) : NULL;
}

PyObject *
acquire_take(PoolStore *store, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *self;
    if (UNLIKELY(takes_as_left(store, count, names))) {
        self = pop_for(store);
    }
    else if (LIKELY(store == store->hook->own_store)) {
        return compat_call_class(store->hook->type, args, (size_t)count, names);
    }
    else {
        self = take_of_other_pool(store, args, count, names);
    }
    if (self != NULL || PyErr_Occurred()) {
        return self;
    }
    return call_construct_new(store, args, (size_t)count, names);
}

PyObject *
acquire_bare(PoolStore *store)
{
    store_hold(store); /* making an object ready may drop the last reference to the pool */
    CHECKED(object_check_path(store));
    PyObject *self = pop_for(store);
    if (UNLIKELY(self == NULL) && !PyErr_Occurred()) {
        self = acquire_make_plain(store);
    }
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
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
            self = acquire_fail(self);
        }
    }
    if (self != NULL && PyObject_TypeCheck(self, hook->type) && Py_TYPE(self)->tp_init(self, args, kwargs) < 0) {
        Py_CLEAR(self);
    }
    store_release(store);
    return self;
}
