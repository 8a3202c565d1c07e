#include "construct.h"

#include "drop.h"
#include "dying.h"
#include "learned.h"

enum { PROBES = 8 }; /* parked objects that are looked at for one that serves, where not every one does */

/* ---- objects that were not parked ---- */

/* Count an object that was not parked, and mark it. Steals the reference where there is no memory for that. */
static inline PyObject *
announce(Hook *hook, PyObject *self)
{
    hook->home->counts[MISS]++;
    if (UNLIKELY(!marks_set(&hook->marks, self, hook->home, UNREADY))) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

PyObject *
alloc_pooled(PyTypeObject *type, Py_ssize_t items)
{
    Hook *hook = hook_of(type);
    if (UNLIKELY(hook == NULL)) {
        return PyType_GenericAlloc(type, items);
    }
    PyObject *self = hook->alloc(type, items);
    return LIKELY(self != NULL) ? announce(hook, self) : NULL;
}

/* Say that an object's construction has come to its end: from now on it goes home to `store`. False with MemoryError
   set. What was said of it meanwhile, that it is to be in no pool or in another, stays. */
static inline bool
make_ready(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    Mark *mark = marks_find(&hook->marks, self);
    if (mark != NULL && mark->verdict != UNREADY) {
        return true;
    }
    if (mark != NULL && mark->store != hook->home) {
        mark->verdict = GOES_HOME;
        return true;
    }
    if (store != hook->home) {
        return marks_set(&hook->marks, self, store, GOES_HOME);
    }
    if (mark != NULL) {
        Py_DECREF(marks_pop(&hook->marks, self).store); /* the class's own; the hook's pool has another reference */
    }
    return true;
}

/* Whether `self` is an object that `make` made just now, rather than one that somebody's __new__ had before. */
static inline bool
is_unready(Hook *hook, PyObject *self)
{
    Mark *mark = marks_find(&hook->marks, self);
    return mark != NULL && mark->verdict == UNREADY;
}

/* Have `store` answer for an object just made, instead of the pool of its class. False with MemoryError set. */
static bool
hand_over(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    if (store == hook->home || !is_unready(hook, self)) {
        return true;
    }
    if (!marks_set(&hook->marks, self, store, UNREADY)) {
        return false;
    }
    hook->home->counts[MISS]--;
    store->counts[MISS]++;
    return true;
}

/* The arguments of a call, as a tuple. */
static PyObject *
as_tuple(PyObject *const *args, Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple != NULL && i < count; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    }
    return tuple;
}

/* The keyword arguments of a call, which stand behind the `count` others, as a dict. */
static PyObject *
as_dict(PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict != NULL && names != NULL && i < PyTuple_GET_SIZE(names); i++) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(names, i), args[count + i]) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

/* Whether cls.__new__ is what it was when the class was hooked: our own, standing for that of a base in C. */
static inline bool
is_made_in_c(Hook *hook)
{
    PyTypeObject *type = hook->type;
    if (LIKELY(hook->new_version == type->tp_version_tag)) {
        return true;
    }
    if (!hook->is_plain || _PyType_Lookup(type, learned.new_name) != hook->new_own) {
        return false;
    }
    hook->new_version = type->tp_version_tag != 0 ? type->tp_version_tag : NO_VERSION;
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

/* An object that was not parked, as the class's __new__ makes it, or whatever else that gives. */
static PyObject *
make(Hook *hook, PyObject *args, PyObject *kwargs)
{
    if (LIKELY(is_made_in_c(hook))) {
        if (hook->new_in_c == PyBaseObject_Type.tp_new) { /* it minds arguments, since our __new__ stands over it */
            return hook->new_in_c(hook->type, learned.no_arguments, NULL);
        }
        PyObject *self = hook->new_in_c(hook->type, args, kwargs);
        bool unannounced = self != NULL && Py_TYPE(self) == hook->type && marks_find(&hook->marks, self) == NULL
                           && Py_REFCNT(self) == 1; /* its base has a way of its own to allocate it */
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

/* Make a parked object alive. */
static inline void
unpark(Hook *hook, PyObject *self)
{
    Py_INCREF(hook->type);
    compat_revive(self);
    PyObject_GC_Track(self);
}

/* A parked object, alive, or NULL without an exception. */
static inline PyObject *
pop(PoolStore *store)
{
    Shelf *shelf = store_shelf(store);
    PyObject *self = LIKELY(shelf != NULL) ? shelf_pop(shelf) : NULL;
    if (LIKELY(self != NULL)) {
        store->counts[HIT]++;
        unpark(store->hook, self);
    }
    return self;
}

/* Put back under all others what `pop` gave, unless somebody has got hold of it since. */
static void
put_back(PoolStore *store, PyObject *self)
{
    PyObject *pending = compat_take_exception();
    Hook *hook = store->hook;
    Shelf *shelf = store_shelf(store);
    bool is_ours = Py_REFCNT(self) == 1 && Py_TYPE(self) == hook->type;
    if (is_ours) {
        PyObject_GC_UnTrack(self);
        Py_SET_REFCNT(self, 0);
        if (has_weakrefs(self)) {
            PyObject_ClearWeakRefs(self);
        }
        store->counts[HIT]--;
        if (shelf != NULL && shelf->count < store->max && shelf_put_under(shelf, self)) {
            Py_DECREF(hook->type);
        }
        else {
            end_object(self);
        }
    }
    else {
        store->counts[ESCAPED]++;
        if (!marks_set(&hook->marks, self, store, UNCOUNTED)) {
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
        if (fits > 0) {
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

/* ---- __init__ ---- */

/* The class's __init__, as it is found on the class; not referenced. NULL with an exception set. A function is remembered
   for `call_python`. */
static PyObject *
find_init(Hook *hook)
{
    PyTypeObject *type = hook->type;
    PyObject *init = _PyType_Lookup(type, learned.init_name);
    if (init == NULL) {
        PyErr_SetObject(PyExc_AttributeError, learned.init_name);
        return NULL;
    }
    bool is_simple = PyFunction_Check(init) && hook->fits == NULL && type->tp_version_tag != 0
                     && !(COMPAT_BYTEARRAY_INIT_LOSES_MEMORY && hook->base == &PyByteArray_Type);
    hook->init = init;
    hook->init_version = is_simple ? type->tp_version_tag : NO_VERSION;
    return init;
}

/* init(self, *args, **kwargs) for an __init__ that is a descriptor of some kind of its own. */
static COLD PyObject *
call_bound(PyObject *init, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    descrgetfunc get = Py_TYPE(init)->tp_descr_get;
    PyObject *bound = get == NULL ? Py_NewRef(init) : get(init, self, (PyObject *)Py_TYPE(self));
    if (bound == NULL) {
        return NULL;
    }
    PyObject *answer = PyObject_Vectorcall(bound, args, nargsf & ~PY_VECTORCALL_ARGUMENTS_OFFSET, names);
    Py_DECREF(bound);
    return answer;
}

enum { FEW = 8 }; /* arguments that are copied to have a slot before them; more go the long way */

/* The same for a function. The caller may let us use the slot before the arguments; else they are copied. The frame that
   the function gets holds on to it. */
static inline PyObject *
call_function(PyObject *init, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    vectorcallfunc call = ((PyFunctionObject *)init)->vectorcall;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    if (LIKELY(nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET)) {
        PyObject **slot = (PyObject **)args - 1;
        PyObject *former = *slot;
        *slot = self;
        PyObject *answer = call(init, slot, (size_t)count + 1, names);
        *slot = former;
        return answer;
    }
    Py_ssize_t all = count + (names != NULL ? PyTuple_GET_SIZE(names) : 0);
    if (all > FEW) {
        return call_bound(init, self, args, nargsf, names);
    }
    PyObject *copies[FEW + 1] = {self};
    for (Py_ssize_t i = 0; i < all; i++) {
        copies[i + 1] = args[i];
    }
    return call(init, copies, (size_t)count + 1, names);
}

/* Make nothing of what an __init__ gave: 0 where it is None, else -1 with an exception set. */
static inline int
check_none(PyObject *answer)
{
    if (LIKELY(answer == Py_None)) {
        Py_DECREF(answer);
        return 0;
    }
    if (answer != NULL) {
        PyErr_Format(PyExc_TypeError, "__init__() should return None, not '%.200s'", Py_TYPE(answer)->tp_name);
        Py_DECREF(answer);
    }
    return -1;
}

static int
init_in_python(Hook *hook, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyObject *init = find_init(hook);
    if (init == NULL) {
        return -1;
    }
    Py_INCREF(init); /* it may be replaced while it runs */
    PyObject *answer = PyFunction_Check(init) ? call_function(init, self, args, nargsf, names)
                                    : call_bound(init, self, args, nargsf, names);
    Py_DECREF(init);
    return check_none(answer);
}

static int
init_in_c(Hook *hook, PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *tuple = as_tuple(args, count);
    PyObject *dict = names != NULL ? as_dict(args, count, names) : NULL;
    int status = -1;
    if (tuple != NULL && (dict != NULL || names == NULL)) {
        status = hook->type->tp_init(self, tuple, dict);
    }
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return status;
}

/* Run the class's __init__. `was_blank`: the object was parked with nothing in it, so that one in C that is given
   nothing has nothing to do. */
static int
initialise(Hook *hook, PyObject *self, bool was_blank, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = hook->type;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    bool in_python = type->tp_init == learned.python_init;
    if (!in_python && count == 0 && names == NULL && (was_blank || type->tp_init == PyBaseObject_Type.tp_init)) {
        return 0;
    }
    compat_bytearray_make_initable(self, hook->base == &PyByteArray_Type);
    if (in_python) {
        return init_in_python(hook, self, args, nargsf, names);
    }
    return init_in_c(hook, self, args, count, names);
}

/* What __init__ raised on, or what refilled it: it dies, and is counted so. */
static COLD PyObject *
fail(PyObject *self)
{
    PyObject *pending = compat_take_exception();
    Hook *hook = hook_of(Py_TYPE(self)); /* anew: an __init__ can even be the end of the pool */
    Mark *mark = hook != NULL ? marks_find(&hook->marks, self) : NULL;
    bool counts = hook != NULL && (mark == NULL || mark->verdict == UNREADY);
    if (counts && !marks_set(&hook->marks, self, mark == NULL ? hook->home : mark->store, FAILED)) {
        PyErr_Clear();
    }
    Py_DECREF(self);
    compat_put_exception(pending);
    return NULL;
}

/* ---- calling the class ---- */

/* Do what the class would do if it were not hooked. */
static COLD PyObject *
call_unpooled(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    PyObject *tuple = as_tuple(args, count);
    PyObject *dict = names != NULL ? as_dict(args, count, names) : NULL;
    PyObject *made = NULL;
    if (tuple != NULL && (dict != NULL || names == NULL)) {
        made = Py_TYPE(cls)->tp_call(cls, tuple, dict);
    }
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return made;
}

/* Run the __init__ of what a __new__ gave instead of an object of the class. */
static int
init_other(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *tuple = as_tuple(args, count);
    PyObject *dict = names != NULL ? as_dict(args, count, names) : NULL;
    bool ready = tuple != NULL && (dict != NULL || names == NULL);
    int status = ready ? Py_TYPE(self)->tp_init(self, tuple, dict) : -1;
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return status;
}

static PyObject *
make_from_vector(Hook *hook, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *tuple = as_tuple(args, count);
    PyObject *dict = names != NULL ? as_dict(args, count, names) : NULL;
    bool ready = tuple != NULL && (dict != NULL || names == NULL);
    PyObject *made = ready ? make(hook, tuple, dict) : NULL;
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return made;
}

/* An object that was not parked, with its __init__ run. `made_now`: whether it is a new one of the class, rather than
   whatever else a __new__ gave. The store is kept by the caller. */
static PyObject *
construct_kept(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names, bool *made_now)
{
    Hook *hook = store->hook;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    PyObject *self = make_from_vector(hook, args, count, names);
    *made_now = false;
    if (self == NULL || !PyObject_TypeCheck(self, hook->type)) {
        return self;
    }
    *made_now = Py_TYPE(self) == hook->type && is_unready(hook, self);
    if (!*made_now) {
        if (init_other(self, args, count, names) < 0) {
            Py_CLEAR(self);
        }
        return self;
    }
    if (!hand_over(store, self)) {
        Py_DECREF(self);
        return NULL;
    }
    if (initialise(hook, self, false, args, nargsf, names) < 0) {
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
    Py_INCREF(store);
    PyObject *self = construct_kept(store, args, nargsf, names, &made_now);
    Py_DECREF(store);
    return self;
}

/* cls(...) where not every parked object serves. */
static COLD PyObject *
construct_fitting(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = store->hook;
    PyObject *tuple = as_tuple(args, PyVectorcall_NARGS(nargsf));
    Py_INCREF(store);
    PyObject *self = tuple == NULL ? NULL : pop_fitting(store, tuple);
    if (self == NULL) {
        self = PyErr_Occurred() ? NULL : construct_new(store, args, nargsf, names);
    }
    else if ((hook->refill != NULL && refill(hook, self, tuple) < 0)
             || initialise(hook, self, false, args, nargsf, names) < 0) {
        self = fail(self);
    }
    Py_XDECREF(tuple);
    Py_DECREF(store);
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
    PoolStore *store = hook->home;
    if ((PyVectorcall_NARGS(nargsf) != 0 || names != NULL) && takes_nothing(hook)) {
        return refuse_arguments(hook);
    }
    if (hook->fits != NULL) {
        return construct_fitting(store, args, nargsf, names);
    }
    PyObject *self = pop(store);
    if (self == NULL) {
        return construct_new(store, args, nargsf, names);
    }
    Py_INCREF(store);
    int status = initialise(hook, self, store->reset == NULL, args, nargsf, names);
    Py_DECREF(store);
    return status < 0 ? fail(self) : self;
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
    PyObject *self = pop(hook->home);
    return LIKELY(self != NULL) ? self : construct_new(hook->home, args, nargsf, names);
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
    PoolStore *store = hook->home;
    PyObject *self = pop(store);
    if (UNLIKELY(self == NULL)) {
        return construct_new(store, args, nargsf, names);
    }
    if (UNLIKELY(check_none(call_function(hook->init, self, args, nargsf, names)) < 0)) {
        return fail(self);
    }
    return self;
}

vectorcallfunc
call_for(PyTypeObject *type)
{
    return type->tp_init == learned.python_init ? call_python : call_idle;
}

/* ---- the other ways out ---- */

PyObject *
blank(PoolStore *store, PyObject *args, PyObject *kwargs)
{
    Hook *hook = store->hook;
    bool given = PyTuple_GET_SIZE(args) != 0 || (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0);
    if (given && takes_nothing(hook)) {
        return refuse_arguments(hook);
    }
    PyObject *self = NULL;
    if (store->reset == NULL) { /* what a reset keeps is there only after an __init__, and that may never run */
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
    if (self != NULL && store->reset == NULL && is_unready(hook, self) && !make_ready(store, self)) {
        Py_CLEAR(self);
    }
    return self;
}

PyObject *
try_take(PoolStore *store)
{
    Hook *hook = store->hook;
    if (UNLIKELY(hook->fits != NULL)) {
        return NULL; /* it takes arguments to say which serves */
    }
    PyObject *self = pop(store);
    if (self == NULL) {
        return NULL;
    }
    if (store != hook->home && UNLIKELY(!marks_set(&hook->marks, self, store, GOES_HOME))) {
        put_back(store, self);
        return NULL;
    }
    if (store->reset != NULL || hook->type->tp_init == hook->idle_init) {
        return self;
    }
    Py_INCREF(store);
    int status = initialise(hook, self, true, NULL, 0, NULL);
    if (UNLIKELY(status < 0)) {
        Mark *mark = marks_find(&hook->marks, self);
        if (mark != NULL && mark->verdict == GOES_HOME) {
            mark->verdict = UNREADY;
        }
        self = fail(self);
    }
    Py_DECREF(store);
    return self;
}

PyObject *
take(PoolStore *store)
{
    PyObject *self = try_take(store);
    if (LIKELY(self != NULL) || PyErr_Occurred()) {
        return self;
    }
    return construct_new(store, NULL, 0, NULL);
}

PyObject *
orphan(Hook *hook, PyObject *args, PyObject *kwargs)
{
    if ((PyTuple_GET_SIZE(args) != 0 || PyDict_GET_SIZE(kwargs) != 0) && takes_nothing(hook)) {
        return refuse_arguments(hook);
    }
    PyObject *self = make(hook, args, kwargs);
    if (self == NULL || !PyObject_TypeCheck(self, hook->type)) {
        return self;
    }
    if (Py_TYPE(self) == hook->type && is_unready(hook, self)) {
        hook->home->counts[MISS]--;
        marks_find(&hook->marks, self)->verdict = UNCOUNTED;
    }
    if (Py_TYPE(self)->tp_init(self, args, kwargs) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

/* An object as `reset` would have left it, in no pool and not counted; NULL without an exception where none can be made. */
static PyObject *
make_parkable(PoolStore *store)
{
    Hook *hook = store->hook;
    PyObject *self;
    bool made_now;
    if (store->reset != NULL) {
        self = construct_kept(store, NULL, 0, NULL, &made_now);
    }
    else {
        self = make(hook, learned.no_arguments, NULL);
        made_now = self != NULL && Py_TYPE(self) == hook->type && is_unready(hook, self) && hand_over(store, self);
    }
    if (self == NULL || !made_now) {
        Py_XDECREF(self);
        return NULL;
    }
    store->counts[MISS]--; /* it was not handed out */
    bool inits = hook->container != NULL && hook->type->tp_init == hook->base->tp_init;
    if (!marks_set(&hook->marks, self, store, UNCOUNTED)
        || (inits && hook->base->tp_init(self, learned.no_arguments, NULL) < 0)) {
        Py_CLEAR(self);
    }
    return self;
}

int
prefill_one(PoolStore *store)
{
    PyObject *self = make_parkable(store);
    if (self == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (park_ready(store, self)) {
        return 1;
    }
    Py_DECREF(self);
    return 0;
}
