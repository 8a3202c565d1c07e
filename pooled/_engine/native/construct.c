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
    if (UNLIKELY(hook == NULL || hook->home == NULL)) {
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
    if (LIKELY(hook->new_version == type->tp_version_tag && hook->new_version != 0)) {
        return true;
    }
    if (!hook->is_plain || _PyType_Lookup(type, learned.new_name) != hook->new_own) {
        return false;
    }
    hook->new_version = type->tp_version_tag;
    return true;
}

/* Whether the class takes no arguments, and nobody but us would say so. */
static inline bool
takes_nothing(Hook *hook)
{
    return hook->is_plain && hook->base == &PyBaseObject_Type && hook->type->tp_init == PyBaseObject_Type.tp_init;
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
        if (hook->base == &PyBaseObject_Type) { /* it minds arguments, since our __new__ stands over its own */
            return PyBaseObject_Type.tp_new(hook->type, learned.no_arguments, NULL);
        }
        PyObject *self = hook->base->tp_new(hook->type, args, kwargs);
        bool unannounced = self != NULL && marks_find(&hook->marks, self) == NULL; /* its base has a way of its own */
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

/* Put back under all others what `pop` gave. */
static void
put_back(PoolStore *store, PyObject *self)
{
    Shelf *shelf = store_shelf(store);
    store->counts[HIT]--;
    PyObject_GC_UnTrack(self);
    Py_SET_REFCNT(self, 0);
    if (shelf != NULL && shelf->count < store->max && shelf_put_under(shelf, self)) {
        Py_DECREF(store->hook->type);
    }
    else {
        end_object(self);
    }
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

/* The class's __init__, as it is found on the class; not referenced. NULL with an exception set. */
static inline PyObject *
find_init(Hook *hook)
{
    PyTypeObject *type = hook->type;
    if (UNLIKELY(hook->init_version != type->tp_version_tag || hook->init_version == 0)) {
        hook->init = _PyType_Lookup(type, learned.init_name);
        hook->init_version = type->tp_version_tag;
        if (hook->init == NULL) {
            hook->init_version = 0;
            PyErr_SetObject(PyExc_AttributeError, learned.init_name);
        }
    }
    return hook->init;
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

/* The same for a function: `self` goes into the slot before the arguments if the caller has one for us. */
static inline PyObject *
call_with_self(PyObject *init, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    if (LIKELY(nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET)) {
        PyObject **slot = (PyObject **)args - 1;
        PyObject *former = *slot;
        *slot = self;
        PyObject *answer = PyObject_Vectorcall(init, slot, (size_t)count + 1, names);
        *slot = former;
        return answer;
    }
    if (count == 0 && names == NULL) {
        return PyObject_CallOneArg(init, self);
    }
    return call_bound(init, self, args, nargsf, names);
}

static inline int
init_in_python(Hook *hook, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyObject *init = find_init(hook);
    if (UNLIKELY(init == NULL)) {
        return -1;
    }
    Py_INCREF(init); /* it may be replaced while it runs */
    PyObject *answer = PyType_HasFeature(Py_TYPE(init), Py_TPFLAGS_METHOD_DESCRIPTOR)
                           ? call_with_self(init, self, args, nargsf, names)
                           : call_bound(init, self, args, nargsf, names);
    Py_DECREF(init);
    if (UNLIKELY(answer == NULL)) {
        return -1;
    }
    if (UNLIKELY(answer != Py_None)) {
        PyErr_Format(PyExc_TypeError, "__init__() should return None, not '%.200s'", Py_TYPE(answer)->tp_name);
        Py_DECREF(answer);
        return -1;
    }
    Py_DECREF(answer);
    return 0;
}

static int
init_in_c(Hook *hook, PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *tuple = as_tuple(args, count);
    PyObject *dict = names != NULL ? as_dict(args, count, names) : NULL;
    int status = -1;
    if (tuple != NULL && (dict != NULL || names == NULL)) {
        compat_bytearray_make_initable(self, hook->container != NULL && hook->container->type == &PyByteArray_Type);
        status = hook->type->tp_init(self, tuple, dict);
    }
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return status;
}

/* Run the class's __init__. `was_blank`: the object was parked with nothing in it, so that one in C that is given
   nothing has nothing to do. */
static inline int
initialise(Hook *hook, PyObject *self, bool was_blank, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = hook->type;
    if (type->tp_init == learned.python_init) {
        return init_in_python(hook, self, args, nargsf, names);
    }
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    if (count == 0 && names == NULL && (was_blank || type->tp_init == PyBaseObject_Type.tp_init)) {
        return 0;
    }
    return init_in_c(hook, self, args, count, names);
}

/* What __init__ raised on, or what refilled it: it dies, and is counted so. */
static COLD PyObject *
fail(PoolStore *store, PyObject *self)
{
    PyObject *exception = compat_take_exception();
    Mark *mark = marks_find(&store->hook->marks, self);
    if (mark == NULL || mark->verdict == UNREADY) {
        if (!marks_set(&store->hook->marks, self, mark == NULL ? store : mark->store, FAILED)) {
            PyErr_Clear();
        }
    }
    Py_DECREF(self);
    compat_put_exception(exception);
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

/* An object that was not parked, with its __init__ run. */
static COLD PyObject *
construct_new(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = store->hook;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    PyObject *tuple = as_tuple(args, count);
    PyObject *dict = names != NULL ? as_dict(args, count, names) : NULL;
    PyObject *self = NULL;
    if (tuple != NULL && (dict != NULL || names == NULL)) {
        self = make(hook, tuple, dict);
    }
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    if (self == NULL || !PyObject_TypeCheck(self, hook->type)) {
        return self; /* its __new__ gave something else */
    }
    if (Py_TYPE(self) != hook->type) { /* a subclass's: not ours, and its __init__ its own */
        PyObject *init = PyObject_GetAttr(self, learned.init_name);
        PyObject *answer = init == NULL ? NULL : PyObject_Vectorcall(init, args, (size_t)count, names);
        Py_XDECREF(init);
        Py_XDECREF(answer);
        if (answer == NULL) {
            Py_CLEAR(self);
        }
        return self;
    }
    bool made_now = is_unready(hook, self);
    if (!hand_over(store, self)) {
        Py_DECREF(self);
        return NULL;
    }
    if (initialise(hook, self, false, args, nargsf, names) < 0) {
        if (made_now) {
            return fail(store, self);
        }
        Py_DECREF(self);
        return NULL;
    }
    if (made_now && !make_ready(store, self)) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

/* cls(...) where not every parked object serves. */
static COLD PyObject *
construct_fitting(PoolStore *store, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = store->hook;
    PyObject *tuple = as_tuple(args, PyVectorcall_NARGS(nargsf));
    PyObject *self = tuple == NULL ? NULL : pop_fitting(store, tuple);
    if (self == NULL) {
        Py_XDECREF(tuple);
        return PyErr_Occurred() ? NULL : construct_new(store, args, nargsf, names);
    }
    int status = hook->refill != NULL ? refill(hook, self, tuple) : 0;
    Py_DECREF(tuple);
    if (status < 0 || initialise(hook, self, false, args, nargsf, names) < 0) {
        return fail(store, self);
    }
    return self;
}

PyObject *
call_pooled(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = hook_of((PyTypeObject *)cls);
    if (UNLIKELY(hook == NULL || hook->home == NULL || !compat_is_called_plainly(cls))) {
        return call_unpooled(cls, args, nargsf, names);
    }
    PoolStore *store = hook->home;
    if (UNLIKELY((PyVectorcall_NARGS(nargsf) != 0 || names != NULL) && takes_nothing(hook))) {
        return refuse_arguments(hook);
    }
    if (UNLIKELY(hook->fits != NULL)) {
        return construct_fitting(store, args, nargsf, names);
    }
    PyObject *self = pop(store);
    if (UNLIKELY(self == NULL)) {
        return construct_new(store, args, nargsf, names);
    }
    if (UNLIKELY(initialise(hook, self, store->reset == NULL, args, nargsf, names) < 0)) {
        return fail(store, self);
    }
    return self;
}

/* ---- the other ways out ---- */

PyObject *
blank(PoolStore *store, PyObject *args, PyObject *kwargs)
{
    Hook *hook = store->hook;
    if ((PyTuple_GET_SIZE(args) != 0 || kwargs != NULL) && takes_nothing(hook)) {
        return refuse_arguments(hook);
    }
    PyObject *self = NULL;
    if (store->reset == NULL) { /* what a reset keeps is there only after an __init__, and that may never run */
        self = hook->fits != NULL ? pop_fitting(store, args) : pop(store);
        if (self != NULL) {
            return hook->refill != NULL && refill(hook, self, args) < 0 ? fail(store, self) : self;
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
    if (store->reset == NULL && UNLIKELY(initialise(hook, self, true, NULL, 0, NULL) < 0)) {
        Mark *mark = marks_find(&hook->marks, self);
        if (mark != NULL && mark->verdict == GOES_HOME) {
            mark->verdict = UNREADY;
        }
        return fail(store, self);
    }
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
    if (self == NULL || Py_TYPE(self) != hook->type) {
        return self;
    }
    if (is_unready(hook, self)) {
        hook->home->counts[MISS]--;
        marks_find(&hook->marks, self)->verdict = UNCOUNTED;
    }
    if (hook->type->tp_init(self, args, kwargs) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

int
prefill_one(PoolStore *store)
{
    Hook *hook = store->hook;
    PyObject *self = store->reset != NULL ? construct_new(store, NULL, 0, NULL) : make(hook, learned.no_arguments, NULL);
    if (self == NULL) {
        return -1;
    }
    if (Py_TYPE(self) != hook->type) {
        Py_DECREF(self);
        return 0;
    }
    Mark mark = marks_pop(&hook->marks, self);
    (store->reset != NULL ? store : hook->home)->counts[MISS]--; /* it was not handed out */
    Py_XDECREF(mark.store);
    if (hook->container != NULL && hook->type->tp_init == hook->base->tp_init
        && hook->base->tp_init(self, learned.no_arguments, NULL) < 0) {
        Py_DECREF(self);
        return -1;
    }
    if (park_ready(store, self)) {
        return 1;
    }
    bool marked = marks_set(&hook->marks, self, store, UNCOUNTED);
    Py_DECREF(self);
    return marked ? 0 : -1;
}
