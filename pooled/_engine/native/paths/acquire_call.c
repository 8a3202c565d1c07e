#include "paths/acquire_call.h"

#include "base/arguments.h"
#include "base/interp.h"
#include "object/object_checks.h"
#include "object/run_init.h"
#include "paths/acquire_new.h"
#include "paths/acquire_parked.h"

/* Call the class as if it were not hooked. */
static COLD PyObject *
call_unpooled(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Packed packed;
    if (!arguments_pack(&packed, args, nargsf, names)) {
        return NULL;
    }
    PyObject *made = Py_TYPE(cls)->tp_call(cls, packed.tuple, packed.dict);
    arguments_unpack(&packed);
    return made;
}

/* A new object, with its `__init__` run. Sets `*made_now` where the object is new and of the class itself; a `__new__` may
   return anything. The caller holds the store. */
static PyObject *
construct_kept(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names, bool *made_now)
{
    Hook *hook = store->hook;
    Packed packed;
    *made_now = false;
    if (!arguments_pack(&packed, args, nargsf, names)) {
        return NULL;
    }
    PyObject *self = acquire_make(hook, packed.tuple, packed.dict);
    arguments_unpack(&packed);
    if (self == NULL || !PyObject_TypeCheck(self, hook->type)) {
        return self;
    }
    *made_now = Py_TYPE(self) == hook->type && acquire_is_unready(hook, self);
    if (!*made_now) {
        if (run_init_slot(self, args, nargsf, names) < 0) {
            Py_CLEAR(self);
        }
        return self;
    }
    if (!acquire_hand_over(store, self)) {
        Py_DECREF(self);
        return NULL;
    }
    if (run_init(hook, self, false, args, nargsf, names) < 0) {
        return acquire_fail(self);
    }
    if (!acquire_finish(store, self)) {
        Py_CLEAR(self);
    }
    return self;
}

COLD PyObject *
call_construct_new(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    bool made_now;
    store_hold(store);
    CHECKED(object_check_path(store));
    PyObject *self = construct_kept(store, args, nargsf, names, &made_now);
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

/* cls(...) for a class whose parked objects do not fit every call. */
static COLD PyObject *
construct_fitting(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = store->hook;
    Packed packed;
    if (!arguments_pack(&packed, args, nargsf, names)) {
        return NULL;
    }
    store_hold(store);
    CHECKED(object_check_path(store));
    PyObject *self = parked_pop_fitting(store, packed.tuple);
    if (self == NULL) {
        self = PyErr_Occurred() ? NULL : call_construct_new(store, args, nargsf, names);
    }
    else if ((hook->refill != NULL && parked_refill(hook, self, packed.tuple) < 0)
             || run_init(hook, self, false, args, nargsf, names) < 0) {
        self = acquire_fail(self);
    }
    arguments_unpack(&packed);
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

/* cls(...) in general. The two functions below handle the common cases. */
static COLD PyObject *
construct(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = hook_of((PyTypeObject *)cls);
    if (hook == NULL || !compat_is_called_plainly(cls)) {
        return call_unpooled(cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
    if (!hook_new_is_ours(hook)) {
        return call_construct_new(store, args, nargsf, names);
    }
    if (hook->type->tp_init == hook->idle_init) {
        hook->idle_version = hook->new_version;
    }
    if ((PyVectorcall_NARGS(nargsf) != 0 || names != NULL) && acquire_takes_nothing(hook)) {
        return acquire_refuse_arguments(hook);
    }
    if (names != NULL && PyTuple_GET_SIZE(names) != 0 && acquire_takes_no_keywords(hook)) {
        return acquire_refuse_keywords();
    }
    if (hook->fits != NULL) {
        return construct_fitting(store, args, nargsf, names);
    }
    store_hold(store); /* `__init__` may drop the last reference to the pool */
    CHECKED(object_check_path(store));
    PyObject *self = parked_pop(store);
    if (self != NULL) {
        int status = run_init(hook, self, store_takes_blank(store), args, nargsf, names);
        self = status < 0 ? acquire_fail(self) : self;
    }
    else if (!PyErr_Occurred()) {
        self = call_construct_new(store, args, nargsf, names);
    }
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

/* cls() of a class whose `__init__` does nothing without arguments. */
static PyObject *
call_idle(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    Hook *hook = hook_of(type);
    if (UNLIKELY(hook == NULL || hook->idle_version != type->tp_version_tag || PyVectorcall_NARGS(nargsf) != 0
                 || names != NULL || !compat_is_called_plainly(cls))) {
        return construct(cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
    CHECKED(object_check_path(store));
    PyObject *self = parked_pop(store);
    return LIKELY(self != NULL) ? self : PyErr_Occurred() ? NULL : call_construct_new(store, args, nargsf, names);
}

/* cls(...) of a class whose `__init__` is the Python function that was found at the last call. */
static PyObject *
call_python(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    Hook *hook = hook_of(type);
    if (UNLIKELY(hook == NULL || hook->init_version != type->tp_version_tag || !compat_is_called_plainly(cls))) {
        return construct(cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
    store_hold(store); /* `__init__` may drop the last reference to the pool */
    CHECKED(object_check_path(store));
    PyObject *self = parked_pop(store);
    if (UNLIKELY(self == NULL)) {
        self = PyErr_Occurred() ? NULL : call_construct_new(store, args, nargsf, names);
    }
    else if (UNLIKELY(check_none(run_init_function(hook->init, self, args, nargsf, names)) < 0)) {
        self = acquire_fail(self);
    }
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

vectorcallfunc
call_vectorcall_for(PyTypeObject *type)
{
    return type->tp_init == interp.python_init ? call_python : call_idle;
}
