#include "drop.h"

#include "attributes.h"
#include "dying.h"
#include "learned.h"

/* How many drops may be nested in one another on a thread; those further down wait for the outermost. Each takes some
   hundred bytes of the stack, and CPython's own deallocs, up to 50 of them, may stand in between. */
enum { DEEPEST = 64 };

/* ---- parking ---- */

static inline bool
has_weakrefs(PyObject *self)
{
    Py_ssize_t offset = Py_TYPE(self)->tp_weaklistoffset;
    return offset != 0 && *(PyObject **)((char *)self + offset) != NULL;
}

/* Put an object of refcount 0 on the shelf; the reference to its class goes, so that the class can be collected. */
static inline Fate
park(PoolStore *store, PyObject *self)
{
    Shelf *shelf = store_shelf(store); /* anew: what ran since the last look may have changed it */
    if (UNLIKELY(shelf == NULL || shelf->count >= store->max || is_closing)) {
        return DISCARDED_FULL;
    }
    PyTypeObject *type = Py_TYPE(self);
    if (UNLIKELY(!shelf_put(shelf, self))) {
        return DISCARDED_FULL;
    }
    Py_DECREF(type); /* the hook has another */
    return RECYCLED;
}

static inline bool
is_too_large(PoolStore *store, PyObject *self)
{
    const Container *container = store->hook->container;
    return store->measures && container->is_above(container, self, store->max_cap);
}

/* ---- emptying, with the help of functions in Python ---- */

/* Send the current exception, raised by a hook of the user's, to where such things go. */
static COLD Fate
report_error(PoolStore *store, PyObject *self)
{
    PyObject *error = compat_take_exception();
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "__qualname__");
    PyObject *done = NULL;
    if (name != NULL) {
        PyObject *what = PyUnicode_FromFormat("while an object of %U was recycled; it was discarded", name);
        if (what != NULL) {
            done = PyObject_CallFunctionObjArgs(store->report, error, what, NULL);
            Py_DECREF(what);
        }
        Py_DECREF(name);
    }
    if (done == NULL) {
        PyErr_WriteUnraisable(store->report);
    }
    Py_XDECREF(done);
    Py_DECREF(error);
    return DISCARDED_ERROR;
}

/* Whether `capacity` says more than max_cap; -1 with an exception set. */
static int
asks_too_much(PoolStore *store, PyObject *self)
{
    PyObject *answer = PyObject_CallOneArg(store->capacity, self);
    PyObject *number = answer == NULL ? NULL : PyNumber_Index(answer);
    Py_XDECREF(answer);
    if (number == NULL) {
        return -1;
    }
    int overflow;
    long long capacity = PyLong_AsLongLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    return overflow > 0 || (overflow == 0 && capacity > store->max_cap);
}

static Fate
empty_by_reset(PoolStore *store, PyObject *self)
{
    PyObject *answer = PyObject_CallOneArg(store->reset, self);
    if (answer == NULL) {
        return report_error(store, self);
    }
    bool refused = answer == Py_False;
    Py_DECREF(answer);
    if (refused) {
        return DISCARDED_REFUSED;
    }
    int large = store->capacity != NULL ? asks_too_much(store, self) : 0;
    return large < 0 ? report_error(store, self) : large ? DISCARDED_LARGE : RECYCLED;
}

static Fate
empty_in_python(PoolStore *store, PyObject *self)
{
    int large = store->capacity != NULL ? asks_too_much(store, self) : 0;
    if (large != 0) {
        return large < 0 ? report_error(store, self) : DISCARDED_LARGE;
    }
    PyObject *empty = store->hook->empty;
    if (empty == NULL || Py_REFCNT(self) != 1) { /* it is not emptied under the feet of who has it now */
        return RECYCLED;
    }
    PyObject *answer = PyObject_CallOneArg(empty, self);
    if (answer == NULL) {
        return report_error(store, self);
    }
    Py_DECREF(answer);
    return RECYCLED;
}

/* Have an object of refcount 0 alive while functions in Python empty or measure it. ESCAPED, or another fate but
   RECYCLED with *alive set, where it stays alive: then it is no longer ours. */
static COLD Fate
empty_alive(PoolStore *store, PyObject *self, bool *alive)
{
    PyObject *exception = compat_take_exception();
    Py_SET_REFCNT(self, 1); /* ours */
    Fate fate = store->reset != NULL ? empty_by_reset(store, self) : empty_in_python(store, self);
    Py_ssize_t references = Py_REFCNT(self);
    *alive = references != 1;
    if (*alive) {
        fate = fate == DISCARDED_ERROR ? fate : ESCAPED;
        if (!PyObject_GC_IsTracked(self)) {
            PyObject_GC_Track(self);
        }
        if (!marks_set(&store->hook->marks, self, store, UNCOUNTED)) {
            PyErr_Clear(); /* it will be counted a second time */
        }
        compat_revive(self);
        Py_SET_REFCNT(self, references - 1); /* others have those */
    }
    else {
        PyObject_GC_UnTrack(self); /* a dict tracks itself when something is put in */
        Py_SET_REFCNT(self, 0);
    }
    compat_put_exception(exception);
    return fate;
}

/* ---- emptying, all in C ---- */

/* Make an object of refcount 0 as its class's __new__ would. */
static inline Fate
scrub(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    if (hook->container != NULL && UNLIKELY(!hook->container->empty(hook->container, self, &store->sparse))) {
        PyObject *exception = compat_take_exception();
        PyErr_WriteUnraisable((PyObject *)hook->type);
        compat_put_exception(exception);
        return DISCARDED_ERROR;
    }
    slots_empty(&hook->slots, self);
    if (hook->has_dict) {
        attributes_empty(self);
    }
    return RECYCLED;
}

/* Empty an object of refcount 0, untracked, and park it if it can be kept; say what becomes of it. With *alive set it
   is no longer ours; else, if it is not parked, the caller has to end it. */
static inline Fate
recycle(PoolStore *store, PyObject *self, bool *alive)
{
    if (UNLIKELY(compat_is_finalized(self))) {
        return COLLECTED; /* its __del__ has run, or others in its cycle may reach it yet */
    }
    Shelf *shelf = store_shelf(store);
    if (UNLIKELY(shelf == NULL || shelf->count >= store->max || is_closing)) {
        return DISCARDED_FULL;
    }
    if (store->reset == NULL && UNLIKELY(is_too_large(store, self))) {
        return DISCARDED_LARGE;
    }
    if (has_weakrefs(self)) {
        PyObject_ClearWeakRefs(self);
    }
    if (UNLIKELY(store->reset != NULL || store->capacity != NULL || store->hook->empty != NULL)) {
        Fate fate = empty_alive(store, self, alive);
        if (*alive || fate != RECYCLED) {
            return fate;
        }
        if (Py_TYPE(self) != store->hook->type) {
            return DISCARDED_REFUSED; /* its class was changed */
        }
        if (store->reset != NULL && is_too_large(store, self)) {
            return DISCARDED_LARGE;
        }
        if (has_weakrefs(self)) {
            PyObject_ClearWeakRefs(self);
        }
    }
    if (store->reset == NULL) {
        Fate fate = scrub(store, self);
        if (UNLIKELY(fate != RECYCLED)) {
            return fate;
        }
    }
    return park(store, self);
}

/* ---- dropping ---- */

/* End an object whose fate has been counted. */
static COLD void
end_counted(Hook *hook, PoolStore *store, PyObject *self)
{
    Py_INCREF(hook); /* its finalizer may be the end of the class */
    if (!end_object(self) && !marks_set(&hook->marks, self, store, UNCOUNTED)) {
        PyErr_Clear();
    }
    Py_DECREF(hook);
}

/* What becomes of an object whose mark says that it is not to be recycled. */
static COLD void
end_marked(Hook *hook, Mark mark, PyObject *self)
{
    if (mark.verdict != UNCOUNTED) {
        Fate fate = compat_is_finalized(self) ? COLLECTED
                    : mark.verdict == FAILED  ? DISCARDED_ERROR
                                              : DISCARDED_REFUSED;
        mark.store->counts[fate]++;
    }
    end_counted(hook, mark.store, self);
    Py_DECREF(mark.store);
}

static inline void
go_home(Hook *hook, PyObject *self)
{
    PyObject_GC_UnTrack(self); /* from here on the collector does not see it */
    PoolStore *store = hook->home;
    if (UNLIKELY(hook->marks.used != 0)) {
        Mark mark = marks_pop(&hook->marks, self);
        if (mark.object != NULL && mark.verdict != GOES_HOME) {
            end_marked(hook, mark, self);
            return;
        }
        store = mark.object != NULL ? mark.store : (PoolStore *)Py_NewRef(store);
    }
    else {
        Py_INCREF(store); /* what runs while it is emptied may be the end of the pool */
    }
    bool alive = false;
    Fate fate = recycle(store, self, &alive);
    store->counts[fate]++;
    if (UNLIKELY(fate != RECYCLED) && !alive) {
        end_counted(hook, store, self);
    }
    Py_DECREF(store);
}

/* Have a drop wait for the outermost. False where there is no memory to remember it. */
static COLD bool
wait_for_outermost(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    return shelf_put(&here.waiting, self);
}

static COLD void
drop_waiting(void)
{
    here.depth++;
    PyObject *self;
    while ((self = shelf_pop(&here.waiting)) != NULL) {
        Hook *hook = hook_of(Py_TYPE(self));
        if (hook != NULL && hook->home != NULL) {
            go_home(hook, self);
        }
        else {
            end_object(self);
        }
    }
    PyMem_Free(here.waiting.objects);
    here.waiting = (Shelf){NULL, 0, 0};
    here.depth--;
}

void
dealloc_pooled(PyObject *self)
{
    Hook *hook = hook_of(Py_TYPE(self));
    if (UNLIKELY(hook == NULL || hook->home == NULL)) {
        end_object(self);
        return;
    }
    if (UNLIKELY(here.depth >= DEEPEST) && wait_for_outermost(self)) {
        return;
    }
    here.depth++;
    go_home(hook, self);
    if (--here.depth == 0 && UNLIKELY(here.waiting.count != 0)) {
        drop_waiting();
    }
}

bool
park_ready(PoolStore *store, PyObject *self)
{
    Shelf *shelf = store_shelf(store);
    if (Py_REFCNT(self) != 1 || shelf == NULL || shelf->count >= store->max) {
        return false;
    }
    if (store->reset != NULL && store->capacity != NULL) {
        int large = asks_too_much(store, self);
        if (large < 0) {
            report_error(store, self);
        }
        if (large != 0) {
            return false;
        }
    }
    if (store->reset != NULL && is_too_large(store, self)) {
        return false;
    }
    if (Py_REFCNT(self) != 1) {
        return false;
    }
    PyObject_GC_UnTrack(self);
    Py_SET_REFCNT(self, 0);
    if (has_weakrefs(self)) {
        PyObject_ClearWeakRefs(self);
    }
    if (park(store, self) == RECYCLED) {
        return true;
    }
    compat_revive(self);
    PyObject_GC_Track(self);
    return false;
}
