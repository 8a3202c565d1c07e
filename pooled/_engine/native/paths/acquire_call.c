#include "paths/acquire_call.h"

#include "base/arguments.h"
#include "base/interp.h"
#include "object/object_checks.h"
#include "object/run_init.h"
#include "paths/acquire_new.h"
#include "paths/acquire_parked.h"

COLD PyObject *
call_unhooked(PyTypeObject *type, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Packed packed;
    if (!arguments_pack(&packed, args, nargsf, names)) {
        return NULL;
    }
    PyObject *made = Py_TYPE(type)->tp_call((PyObject *)type, packed.tuple, packed.dict);
    arguments_unpack(&packed);
    return made;
}

PyObject *
call_plain_class(PyTypeObject *type, PyObject *const *args, size_t nargsf, PyObject *names)
{
    bool is_usual = type->tp_new == PyBaseObject_Type.tp_new && type->tp_init == interp.python_init
                    && Py_TYPE(type)->tp_call == PyType_Type.tp_call;
    PyObject *init = is_usual ? compat_lookup(type, interp.init_name) : NULL;
    if (init == NULL || !PyFunction_Check(init)) {
        Py_XDECREF(init);
        return PyObject_Vectorcall((PyObject *)type, args, nargsf, names);
    }
    PyObject *self = type->tp_new(type, interp.no_arguments, NULL);
    if (self != NULL && check_none(run_init_function(init, self, args, nargsf, names)) < 0) {
        Py_CLEAR(self);
    }
    Py_DECREF(init);
    return self;
}

/* Run the `__init__` of an object that a `__new__` returned, as `type.__call__` does. `made`: it was made for this call. */
static PyObject *
init_returned(PyTypeObject *type, PyObject *self, bool made, PyObject *args, PyObject *kwargs)
{
    if (!PyObject_TypeCheck(self, type) || Py_TYPE(self)->tp_init(self, args, kwargs) == 0) {
        return self;
    }
    if (made) {
        return acquire_fail(self);
    }
    Py_DECREF(self);
    return NULL;
}

/* A new object of a class whose `__new__` needs the arguments as a tuple and a dict. */
static PyObject *
construct_packed(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Packed packed;
    if (!arguments_pack(&packed, args, nargsf, names)) {
        return NULL;
    }
    Hook *hook = store->hook;
    bool made;
    PyObject *self = acquire_make(store, packed.tuple, packed.dict, &made);
    if (self != NULL) {
        self = init_returned(hook->type, self, made, packed.tuple, packed.dict);
    }
    if (self != NULL && made) {
        acquire_finish(hook, self);
    }
    arguments_unpack(&packed);
    return self;
}

PyObject *
call_construct_new(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = store->hook;
    store_hold(store);
    CHECKED(object_check_path(store));
    PyObject *self;
    if (UNLIKELY(!hook_new_is_of_object(hook))) {
        self = construct_packed(store, args, nargsf, names);
    }
    else if ((self = acquire_make_plain(store)) != NULL
             && UNLIKELY(run_init(hook, self, false, args, nargsf, names) < 0)) {
        self = acquire_fail(self);
    }
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

/* cls(...) for a class with a `__new__` in Python. It may return any object; what it allocates may come from the pool. */
static COLD PyObject *
construct_by_new(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Packed packed;
    if (!arguments_pack(&packed, args, nargsf, names)) {
        return NULL;
    }
    Hook *hook = store->hook;
    PyTypeObject *type = hook->type;
    store_hold(store);
    PoolStore *outer = receiver_begin(NULL);
    PyObject *self = type->tp_new(type, packed.tuple, packed.dict);
    bool is_unseen = !receiver_end(outer, self);
    bool is_ours = self != NULL && Py_TYPE(self) == type && compat_is_unique(self);
    if (is_ours && is_unseen && hook->counts_late) {
        self = acquire_count_unseen(store, self);
    }
    if (self != NULL) {
        self = init_returned(type, self, is_ours, packed.tuple, packed.dict);
    }
    if (self != NULL && Py_TYPE(self) == type) {
        acquire_finish(hook, self);
    }
    store_release(store);
    arguments_unpack(&packed);
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
    bool may_fit = names == NULL || hook->refill != NULL; /* else an unknown `__new__` would read the keywords */
    PyObject *self = may_fit ? parked_pop_fitting(store, packed.tuple) : NULL;
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

/* cls(...) in general. The functions below, and those of acquire_planned.c, handle the common cases. */
static COLD PyObject *
construct(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = hook_of((PyTypeObject *)cls);
    if (hook == NULL || !compat_is_called_plainly(cls) || hook_is_abstract(hook)) {
        return call_unhooked((PyTypeObject *)cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
    if (!hook_new_is_in_c(hook)) {
        return construct_by_new(store, args, nargsf, names);
    }
    if ((PyVectorcall_NARGS(nargsf) != 0 || names != NULL) && call_takes_nothing(hook)) {
        return call_unhooked(hook->type, args, nargsf, names); /* it raises */
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
    if (UNLIKELY(hook == NULL || type->tp_init != hook->idle_init || !hook_new_is_in_c(hook) || hook_is_abstract(hook)
                 || PyVectorcall_NARGS(nargsf) != 0 || names != NULL || !compat_is_called_plainly(cls))) {
        return construct(cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
    CHECKED(object_check_path(store));
    PyObject *self = parked_pop(store);
    return LIKELY(self != NULL) ? self : PyErr_Occurred() ? NULL : call_construct_new(store, args, nargsf, names);
}

/* A new object of a class that call_python serves. */
static APART PyObject *
miss_python(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = store->hook;
    if (PyErr_Occurred()) {
        return NULL;
    }
    bool has_changed = hook->init_version != compat_version_tag(hook->type); /* while an object was tried */
    if (UNLIKELY(has_changed || !hook_new_is_of_object(hook))) {
        return call_construct_new(store, args, nargsf, names);
    }
    PyObject *init = Py_NewRef(hook->init); /* allocating may run a collection, and so any code */
    PyObject *self = acquire_make_plain(store);
    if (LIKELY(self != NULL) && UNLIKELY(check_none(run_init_function(init, self, args, nargsf, names)) < 0)) {
        self = acquire_fail(self);
    }
    Py_DECREF(init);
    return self;
}

/* cls(...) of a class whose `__init__` is the Python function that was found at the last call. */
static PyObject *
call_python(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    Hook *hook = hook_of(type);
    if (UNLIKELY(hook == NULL || hook->init_version != compat_version_tag(type) || !compat_is_called_plainly(cls))) {
        return construct(cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
    store_hold(store); /* `__init__` may drop the last reference to the pool */
    CHECKED(object_check_path(store));
    PyObject *self = parked_pop(store);
    if (UNLIKELY(self == NULL)) {
        self = miss_python(store, args, nargsf, names);
    }
    else if (UNLIKELY(hook->init_version != compat_version_tag(type))) {
        /* Code that ran while the object was popped has changed the class: the free of a part, or the debug mode. */
        self = run_init(hook, self, false, args, nargsf, names) < 0 ? acquire_fail(self) : self;
    }
    else if (UNLIKELY(check_none(run_init_function(hook->init, self, args, nargsf, names)) < 0)) {
        self = acquire_fail(self);
    }
    CHECKED(object_check_path(store));
    store_release(store);
    return self;
}

PyObject *
call_general(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    return call_vectorcall_for((PyTypeObject *)cls)(cls, args, nargsf, names);
}

vectorcallfunc
call_vectorcall_for(PyTypeObject *type)
{
    return type->tp_init == interp.python_init ? call_python : call_idle;
}
