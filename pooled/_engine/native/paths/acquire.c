#include "paths/acquire.h"

#include "base/arguments.h"
#include "paths/recycle.h"
#include "object/destroy.h"
#include "object/fields.h"
#include "object/run_init.h"
#include "base/interp.h"
#include "base/gc_track.h"
#include "object/debug_trace.h"

enum { PROBES = 8 }; /* parked objects that are looked at for one that serves, where not every one does */

/* ---- objects that were not parked ---- */

/* Count an object that was not parked, and override it. Steals the reference where there is no memory for that. */
static inline PyObject *
announce(Hook *hook, PyObject *self)
{
    store_count(hook->own_store, MISS, 1);
    if (UNLIKELY(!overrides_set(&hook->overrides, self, hook->own_store, UNREADY) || !trace_taken(hook->own_store, self))) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

PyObject *
acquire_alloc(PyTypeObject *type, Py_ssize_t items)
{
    Hook *hook = hook_of(type);
    if (UNLIKELY(hook == NULL)) {
        return PyType_GenericAlloc(type, items);
    }
    PyObject *self = hook->alloc(type, items);
    return LIKELY(self != NULL) ? announce(hook, self) : NULL;
}

/* Say that an object's construction has come to its end: from now on it goes own_store to `store`. False with MemoryError
   set. What was said of it meanwhile, that it is to be in no pool or in another, stays. */
static inline bool
make_ready(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    Override override = overrides_find(&hook->overrides, self);
    if (override.object != NULL && override.disposition != UNREADY) {
        return true;
    }
    if (override.object != NULL && override.store != hook->own_store) {
        overrides_turn(&hook->overrides, self, UNREADY, RETURNS);
        return true;
    }
    if (store != hook->own_store) {
        return overrides_set(&hook->overrides, self, store, RETURNS);
    }
    if (override.object != NULL) {
        Py_XDECREF(overrides_pop_unready(&hook->overrides, self).store); /* the class's own; the hook's pool has another reference */
    }
    return true;
}

/* Whether `self` is an object that `make` made just now, rather than one that somebody's __new__ had before. */
static inline bool
is_unready(Hook *hook, PyObject *self)
{
    Override override = overrides_find(&hook->overrides, self);
    return override.object != NULL && override.disposition == UNREADY;
}

/* Have `store` answer for an object just made, instead of the pool of its class. False with MemoryError set. */
static bool
hand_over(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    if (store == hook->own_store || !is_unready(hook, self)) {
        return true;
    }
    if (!trace_moved(store, self) || !overrides_set(&hook->overrides, self, store, UNREADY)) {
        return false;
    }
    store_count(hook->own_store, MISS, -1);
    store_count(store, MISS, 1);
    return true;
}

/* Whether cls.__new__ is what it was when the class was hooked: our own, standing for that of a base in C. */
static inline bool
is_made_in_c(Hook *hook)
{
    PyTypeObject *type = hook->type;
    unsigned int version = type->tp_version_tag; /* before the look-up: without a GIL it may change meanwhile */
    if (LIKELY(hook->new_version == version)) {
        return true;
    }
    if (!hook->is_plain || _PyType_Lookup(type, interp.new_name) != hook->new_own) {
        return false;
    }
    hook->new_version = version != 0 ? version : NO_VERSION;
    return true;
}

/* Whether the class takes no arguments, and nobody but us would say so. */
static inline bool
takes_nothing(Hook *hook)
{
    return hook->is_plain && hook->new_in_c == PyBaseObject_Type.tp_new
           && hook->type->tp_init == PyBaseObject_Type.tp_init;
}

static COLD PyObject *
refuse_arguments(Hook *hook)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)hook->type, "__name__");
    if (name != NULL) {
        PyErr_Format(PyExc_TypeError, "%U() takes no arguments", name);
        Py_DECREF(name);
    }
    return NULL;
}

/* Whether the class takes no keywords, and would say so itself if its __new__ were not ours: the __init__ of list takes
   any, and forgets them, where a class does not have list's __new__. */
static inline bool
takes_no_keywords(Hook *hook)
{
    return hook->is_plain && hook->base == &PyList_Type && hook->type->tp_init == PyList_Type.tp_init;
}

static COLD PyObject *
refuse_keywords(void)
{
    PyErr_SetString(PyExc_TypeError, "list() takes no keyword arguments");
    return NULL;
}

/* An object that was not parked, as the class's __new__ makes it, or whatever else that gives. */
static PyObject *
make(Hook *hook, PyObject *args, PyObject *kwargs)
{
    if (LIKELY(is_made_in_c(hook))) {
        if (hook->new_in_c == PyBaseObject_Type.tp_new) { /* it minds arguments, since our __new__ stands over it */
            return hook->new_in_c(hook->type, interp.no_arguments, NULL);
        }
        PyObject *self = hook->new_in_c(hook->type, args, kwargs);
        bool unannounced = self != NULL && Py_TYPE(self) == hook->type && !has_override(&hook->overrides, self)
                           && compat_is_unique(self); /* its base has a way of its own to allocate it */
        return UNLIKELY(unannounced) ? announce(hook, self) : self;
    }
    PyObject *cls = (PyObject *)hook->type;
    PyObject *keywords = kwargs != NULL ? Py_NewRef(kwargs) : PyDict_New();
    if (keywords == NULL) {
        return NULL;
    }
    PyObject *made = PyObject_CallFunctionObjArgs(hook->allocate, cls, cls, args, keywords, NULL);
    Py_DECREF(keywords);
    return made;
}

/* ---- objects that were parked ---- */

/* What `pop_hidden` gives, whether it is as it was left or not. */
static inline PyObject *
pop_any(PoolStore *store)
{
    Freelist *freelist = store_freelist(store);
    PyObject *self = LIKELY(freelist != NULL) ? store_pop(store, freelist) : NULL;
    if (LIKELY(self != NULL)) {
        Py_INCREF(store->hook->type);
        compat_revive(self);
    }
    return self;
}

/* A parked object, alive, but still unknown to the collector; or NULL. Only where objects are watched, that may be with
   an exception set. */
static inline PyObject *
pop_hidden(PoolStore *store)
{
    PyObject *self;
    while ((self = pop_any(store)) != NULL && DEBUG_TRACE) {
        if ((self = trace_popped(store, self)) != NULL || PyErr_Occurred()) {
            break;
        }
    }
    return self;
}

/* Let go of the parts that were kept, where an __init__, or who called __new__, expects a blank object. */
static void
make_blank(Hook *hook, PyObject *self)
{
    slots_empty(&hook->slots, self);
    if (hook->has_dict) {
        attrs_empty(self);
    }
}

static COLD PyObject *fail(PyObject *self);

/* What `pop` gives of a class whose objects keep parts: blank, unless the parts are all that is known of it. NULL, too,
   with an exception set, where a part could not be made ready. */
static COLD PyObject *
pop_of_parts(PoolStore *store)
{
    PyObject *self = pop_hidden(store);
    if (self == NULL) {
        return NULL;
    }
    store_hold(store); /* what hangs on the parts may be the end of the pool */
    if (store->takes_blank) {
        fields_track_parts(store->fields, self);
        if (store->blank_calls < BLANK_CALLS) {
            store->blank_calls++;
        }
        make_blank(store->hook, self);
        gc_track_fast(self); /* not before: who finds it while its parts go would share it */
    }
    else if (!fields_make_ready(store->fields, self, NULL, NULL)) {
        self = fail(self);
    }
    store_release(store);
    return self;
}

/* A parked object, alive, as the class's __new__, or a reset, would leave it; or NULL. */
static inline PyObject *
pop(PoolStore *store)
{
    if (UNLIKELY(store->fields != NULL)) {
        return pop_of_parts(store);
    }
    PyObject *self = pop_hidden(store);
    if (LIKELY(self != NULL)) {
        gc_track_fast(self);
    }
    return self;
}

/* Put a dead object under all others. False where it has to end. */
static bool
put_under(PoolStore *store, PyObject *self)
{
    Freelist *freelist = store_freelist(store);
    store_count_on(store, freelist, HIT, -1);
    if (freelist == NULL) {
        return false;
    }
    lock_acquire(&freelist->lock);
    bool done = freelist->count < store->max && freelist_put_under(freelist, self);
    lock_release(&freelist->lock);
    return done;
}

/* Put back what `pop` gave, unless somebody has got hold of it since. */
static void
put_back(PoolStore *store, PyObject *self)
{
    PyObject *pending = compat_take_exception();
    Hook *hook = store->hook;
    if (compat_is_unique(self) && Py_TYPE(self) == hook->type) {
        gc_untrack_fast(self);
        compat_let_go(self);
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
        store_count(store, ESCAPED, 1);
        trace_dropped(self);
        if (!overrides_set(&hook->overrides, self, store, UNCOUNTED)) {
            PyErr_Clear();
        }
        Py_DECREF(self);
    }
    compat_put_exception(pending);
}

/* One of the topmost parked objects that serves a call with these arguments, refilled with them. NULL, without an
   exception, where none does. */
static COLD PyObject *
pop_fitting(PoolStore *store, PyObject *args)
{
    Hook *hook = store->hook;
    for (int i = 0; i < PROBES; i++) {
        PyObject *self = pop(store);
        if (self == NULL) {
            return NULL;
        }
        PyObject *answer = PyObject_CallFunctionObjArgs(hook->fits, self, args, NULL);
        int fits = answer == NULL ? -1 : PyObject_IsTrue(answer);
        Py_XDECREF(answer);
        if (fits > 0 && compat_is_unique(self)) { /* else somebody has got hold of it */
            return self;
        }
        put_back(store, self);
        if (fits < 0) {
            return NULL;
        }
    }
    return NULL;
}

/* Do with an object from the pool what __new__ does with the arguments of a call. */
static COLD int
refill(Hook *hook, PyObject *self, PyObject *args)
{
    PyObject *before = PyTuple_Pack(1, self);
    PyObject *all = before == NULL ? NULL : PySequence_Concat(before, args);
    PyObject *done = all == NULL ? NULL : PyObject_Call(hook->refill, all, NULL);
    Py_XDECREF(before);
    Py_XDECREF(all);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* ---- calling the class ---- */

/* What __init__ raised on, or what refilled it: it dies, and is counted so. */
static COLD PyObject *
fail(PyObject *self)
{
    PyObject *pending = compat_take_exception();
    Hook *hook = hook_of(Py_TYPE(self)); /* anew: an __init__ can even be the end of the pool */
    bool is_unready = hook != NULL && overrides_turn(&hook->overrides, self, UNREADY, FAILED);
    if (hook != NULL && !is_unready && !has_override(&hook->overrides, self)
        && !overrides_set(&hook->overrides, self, hook->own_store, FAILED)) {
        PyErr_Clear();
    }
    Py_DECREF(self);
    compat_put_exception(pending);
    return NULL;
}

/* Do what the class would do if it were not hooked. */
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

/* An object that was not parked, with its __init__ run. `made_now`: whether it is a new one of the class, rather than
   whatever else a __new__ gave. The store is kept by the caller. */
static PyObject *
construct_kept(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names, bool *made_now)
{
    Hook *hook = store->hook;
    Packed packed;
    *made_now = false;
    if (!arguments_pack(&packed, args, nargsf, names)) {
        return NULL;
    }
    PyObject *self = make(hook, packed.tuple, packed.dict);
    arguments_unpack(&packed);
    if (self == NULL || !PyObject_TypeCheck(self, hook->type)) {
        return self;
    }
    *made_now = Py_TYPE(self) == hook->type && is_unready(hook, self);
    if (!*made_now) {
        if (run_init_slot(self, args, nargsf, names) < 0) {
            Py_CLEAR(self);
        }
        return self;
    }
    if (!hand_over(store, self)) {
        Py_DECREF(self);
        return NULL;
    }
    if (run_init(hook, self, false, args, nargsf, names) < 0) {
        return fail(self);
    }
    if (!make_ready(store, self)) {
        Py_CLEAR(self);
    }
    return self;
}

static COLD PyObject *
construct_new(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    bool made_now;
    store_hold(store);
    PyObject *self = construct_kept(store, args, nargsf, names, &made_now);
    store_release(store);
    return self;
}

/* cls(...) where not every parked object serves. */
static COLD PyObject *
construct_fitting(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = store->hook;
    Packed packed;
    if (!arguments_pack(&packed, args, nargsf, names)) {
        return NULL;
    }
    store_hold(store);
    PyObject *self = pop_fitting(store, packed.tuple);
    if (self == NULL) {
        self = PyErr_Occurred() ? NULL : construct_new(store, args, nargsf, names);
    }
    else if ((hook->refill != NULL && refill(hook, self, packed.tuple) < 0)
             || run_init(hook, self, false, args, nargsf, names) < 0) {
        self = fail(self);
    }
    arguments_unpack(&packed);
    store_release(store);
    return self;
}

/* cls(...) for all but the most common ways to call it. */
static COLD PyObject *
construct(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = hook_of((PyTypeObject *)cls);
    if (hook == NULL || !compat_is_called_plainly(cls)) {
        return call_unpooled(cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
    if ((PyVectorcall_NARGS(nargsf) != 0 || names != NULL) && takes_nothing(hook)) {
        return refuse_arguments(hook);
    }
    if (names != NULL && PyTuple_GET_SIZE(names) != 0 && takes_no_keywords(hook)) {
        return refuse_keywords();
    }
    if (hook->fits != NULL) {
        return construct_fitting(store, args, nargsf, names);
    }
    store_hold(store); /* what runs meanwhile may be the end of the pool */
    PyObject *self = pop(store);
    if (self != NULL) {
        int status = run_init(hook, self, store->takes_blank, args, nargsf, names);
        self = status < 0 ? fail(self) : self;
    }
    else if (!PyErr_Occurred()) {
        self = construct_new(store, args, nargsf, names);
    }
    store_release(store);
    return self;
}

/* cls() where there is no __init__ that has anything to do. */
static PyObject *
call_idle(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    Hook *hook = hook_of(type);
    if (UNLIKELY(hook == NULL || type->tp_init != hook->idle_init || PyVectorcall_NARGS(nargsf) != 0 || names != NULL
                 || !compat_is_called_plainly(cls))) {
        return construct(cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
    PyObject *self = pop(store);
    return LIKELY(self != NULL) ? self : PyErr_Occurred() ? NULL : construct_new(store, args, nargsf, names);
}

/* cls(...) where there is an __init__ written in Python, the same as the last time. */
static PyObject *
call_python(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    Hook *hook = hook_of(type);
    if (UNLIKELY(hook == NULL || hook->init_version != type->tp_version_tag || !compat_is_called_plainly(cls))) {
        return construct(cls, args, nargsf, names);
    }
    PoolStore *store = hook->own_store;
    store_hold(store); /* what runs meanwhile may be the end of the pool */
    PyObject *self = pop(store);
    if (UNLIKELY(self == NULL)) {
        self = PyErr_Occurred() ? NULL : construct_new(store, args, nargsf, names);
    }
    else if (UNLIKELY(check_none(run_init_function(hook->init, self, args, nargsf, names)) < 0)) {
        self = fail(self);
    }
    store_release(store);
    return self;
}

vectorcallfunc
acquire_vectorcall_for(PyTypeObject *type)
{
    return type->tp_init == interp.python_init ? call_python : call_idle;
}

/* ---- the other ways out ---- */

PyObject *
acquire_blank(PoolStore *store, PyObject *args, PyObject *kwargs)
{
    Hook *hook = store->hook;
    bool given = PyTuple_GET_SIZE(args) != 0 || (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0);
    if (given && takes_nothing(hook)) {
        return refuse_arguments(hook);
    }
    PyObject *self = NULL;
    if (store->takes_blank) { /* what a reset keeps_capacity is there only after an __init__, and that may never run */
        self = hook->fits != NULL ? pop_fitting(store, args) : pop(store);
        if (self != NULL) {
            compat_bytearray_make_initable(self, hook->base == &PyByteArray_Type); /* its __init__ may come next */
            return hook->refill != NULL && refill(hook, self, args) < 0 ? fail(self) : self;
        }
        if (PyErr_Occurred()) {
            return NULL;
        }
    }
    self = make(hook, args, kwargs);
    if (self != NULL && store->takes_blank && is_unready(hook, self) && !make_ready(store, self)) {
        Py_CLEAR(self);
    }
    return self;
}

/* What is given, as a dict. */
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

/* Refuse what cannot be given to an object that is taken. False with an exception set, and nothing done. */
static COLD bool
check_given(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    PyObject *dict = as_given(given, keywords);
    PyObject *done = dict == NULL ? NULL : PyObject_CallOneArg(store->check, dict);
    Py_XDECREF(dict);
    Py_XDECREF(done);
    return done != NULL;
}

static inline bool
can_be_given(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    Fields *fields = store->fields;
    if (LIKELY(keywords == NULL)) {
        return fields == NULL || !fields->finishes || check_given(store, given, keywords);
    }
    if (fields == NULL && store->reset == NULL) {
        if (takes_no_keywords(store->hook)) {
            return refuse_keywords() != NULL;
        }
        return !takes_nothing(store->hook) || refuse_arguments(store->hook) != NULL;
    }
    if (fields == NULL) {
        return check_given(store, given, keywords);
    }
    return (fields->only_assigns && fields_know(fields, keywords)) || check_given(store, given, keywords);
}

/* Have the last of an object done that __init__ would do. */
static COLD bool
finish(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords)
{
    PyObject *dict = as_given(given, keywords);
    PyObject *done = dict == NULL ? NULL : PyObject_CallFunctionObjArgs(fields->finish, self, dict, NULL);
    Py_XDECREF(dict);
    Py_XDECREF(done);
    return done != NULL;
}

/* Give an object that the collector does not see its defaults and what is given, and have it seen. */
static inline bool
make_whole(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords)
{
    bool assigns = fields->only_assigns;
    bool done = fields_make_ready(fields, self, assigns ? given : NULL, assigns ? keywords : NULL);
    return LIKELY(done) && (LIKELY(assigns || (keywords == NULL && !fields->finishes)) || finish(fields, self, given, keywords));
}

/* Have an object of a second pool go own_store to it; false with MemoryError set. */
static inline bool
override_store(PoolStore *store, PyObject *self, Disposition disposition)
{
    return LIKELY(store == store->hook->own_store) || overrides_set(&store->hook->overrides, self, store, disposition);
}

/* What was taken from a second pool, and could not be made ready: it dies, and is counted so. */
static COLD PyObject *
fail_taken(Hook *hook, PyObject *self)
{
    overrides_turn(&hook->overrides, self, RETURNS, UNREADY);
    return fail(self);
}

/* Make ready what was taken of a class whose fields are known, and is hidden. */
static APART PyObject *
make_taken_ready(PoolStore *store, PyObject *self, PyObject *const *given, PyObject *keywords)
{
    if (UNLIKELY(!override_store(store, self, RETURNS))) {
        put_back(store, self);
        return NULL;
    }
    store_hold(store); /* what runs meanwhile may be the end of the pool */
    if (UNLIKELY(!make_whole(store->fields, self, given, keywords))) {
        self = fail_taken(store->hook, self);
    }
    store_release(store);
    return self;
}

/* An object of a class whose fields are known: a parked one. */
static inline PyObject *
take_parked(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    PyObject *self = pop_hidden(store);
    if (UNLIKELY(store->blank_calls != 0)) { /* so that nothing is written that all threads look at */
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

/* The same: a new one. */
static COLD PyObject *
take_new(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    Hook *hook = store->hook;
    PyObject *self = make(hook, interp.no_arguments, NULL);
    if (self == NULL || Py_TYPE(self) != hook->type || !is_unready(hook, self)) {
        return self; /* a __new__ that was put in the place of ours gave something else */
    }
    if (!hand_over(store, self)) {
        Py_DECREF(self);
        return NULL;
    }
    store_hold(store);
    gc_untrack_fast(self);
    if (!make_whole(store->fields, self, given, keywords)) {
        self = fail(self);
    }
    else if (!make_ready(store, self)) {
        Py_CLEAR(self);
    }
    store_release(store);
    return self;
}

/* A parked object of a class whose objects are emptied as a whole. */
static PyObject *
take_as_left(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    Hook *hook = store->hook;
    if (UNLIKELY(hook->fits != NULL)) {
        return NULL; /* it takes arguments to say which serves */
    }
    PyObject *self = pop(store);
    if (self == NULL) {
        return NULL;
    }
    if (UNLIKELY(!override_store(store, self, RETURNS))) {
        put_back(store, self);
        return NULL;
    }
    if (!store->takes_blank || (keywords == NULL && hook->type->tp_init == hook->idle_init)) {
        return self;
    }
    store_hold(store);
    if (UNLIKELY(run_init(hook, self, true, given, 0, keywords) < 0)) {
        self = fail_taken(hook, self);
    }
    store_release(store);
    return self;
}

/* Where more has to be asked than whether there is something parked. */
static APART PyObject *
try_take_otherwise(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
    if (UNLIKELY(!can_be_given(store, given, keywords))) {
        return NULL;
    }
    return store->keeps_parts ? take_parked(store, given, keywords) : take_as_left(store, given, keywords);
}

PyObject *
acquire_try_take(PoolStore *store, PyObject *const *given, PyObject *keywords)
{
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
    return store->keeps_parts ? take_new(store, given, keywords) : construct_new(store, given, 0, keywords);
}

PyObject *
acquire_orphan(Hook *hook, PyObject *args, PyObject *kwargs)
{
    if ((PyTuple_GET_SIZE(args) != 0 || PyDict_GET_SIZE(kwargs) != 0) && takes_nothing(hook)) {
        return refuse_arguments(hook);
    }
    if (PyDict_GET_SIZE(kwargs) != 0 && takes_no_keywords(hook)) {
        return refuse_keywords();
    }
    PyObject *self = make(hook, args, kwargs);
    if (self == NULL || !PyObject_TypeCheck(self, hook->type)) {
        return self;
    }
    if (Py_TYPE(self) == hook->type && is_unready(hook, self)) {
        store_count(hook->own_store, MISS, -1);
        overrides_turn(&hook->overrides, self, UNREADY, UNCOUNTED);
        trace_dropped(self);
    }
    if (Py_TYPE(self)->tp_init(self, args, kwargs) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

/* Run what has to have run of a new object before it can be parked. */
static int
init_parkable(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    if (!store->takes_blank) {
        return run_init(hook, self, false, NULL, 0, NULL);
    }
    bool is_container = hook->container != NULL || hook->empty != NULL; /* emptied in C, or in Python */
    bool inits = is_container && hook->type->tp_init == hook->base->tp_init;
    return inits ? hook->base->tp_init(self, interp.no_arguments, NULL) : 0;
}

/* An object as `reset` would have left it, in no pool and not counted; NULL without an exception where none can be made. */
static PyObject *
make_parkable(PoolStore *store)
{
    Hook *hook = store->hook;
    PyObject *self = make(hook, interp.no_arguments, NULL);
    if (self == NULL || Py_TYPE(self) != hook->type || !is_unready(hook, self) || !hand_over(store, self)) {
        Py_XDECREF(self);
        return NULL;
    }
    store_count(store, MISS, -1); /* it is not handed out, and its __init__ may raise */
    if (!overrides_set(&hook->overrides, self, store, UNCOUNTED) || init_parkable(store, self) < 0) {
        Py_CLEAR(self);
    }
    if (self != NULL && store->fields != NULL) {
        gc_untrack_fast(self);
        Outcome outcome = fields_empty(store->fields, store, self);
        gc_track_fast(self);
        if (outcome != RECYCLED) {
            Py_CLEAR(self);
        }
    }
    return self;
}

int
acquire_prefill_one(PoolStore *store)
{
    PyObject *self = make_parkable(store);
    if (self == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (!trace_readied(store, self)) {
        Py_DECREF(self);
        return -1;
    }
    if (recycle_park_ready(store, self)) {
        return 1;
    }
    Py_DECREF(self);
    return 0;
}
