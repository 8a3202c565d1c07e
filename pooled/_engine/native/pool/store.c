#include "pool/store.h"

#include "paths/acquire.h"
#include "object/fields.h"
#include "object/debug_trace.h"

/* All stores, and whether they are closed. Static: they are closed together, whichever module they come from. */
static Lock stores_lock;
static PoolStore *stores;
static bool are_closed;

/* ---- what is parked ---- */

/* Take what is parked on the pool's own freelist, or the `count` oldest of it. */
static Batch
take_shared(PoolStore *store, Py_ssize_t count)
{
    lock_acquire(&store->freelist.lock);
    Batch batch = freelist_take_oldest(&store->freelist, count);
    lock_release(&store->freelist.lock);
    return batch;
}

/* End what a pool has parked beyond `keep`, in all threads. */
static void
end_beyond(PoolStore *store, Py_ssize_t keep)
{
    if (store->is_local) {
        freelists_trim(store->index, keep);
    }
    else {
        batch_destroy(take_shared(store, store->freelist.count - keep));
    }
}

COLD Freelist *
store_find_freelist(PoolStore *store)
{
    Freelist *freelist = freelists_open(store->index, store);
#if !COMPAT_FREE_THREADED
    store->recent = freelist;
    store->recent_thread = freelist != NULL ? this_thread.thread : NO_THREAD;
#endif
    return freelist;
}

/* A store that has something parked, a new reference; or NULL. */
static void
find_filled(void *found)
{
    for (PoolStore *store = stores; store != NULL; store = store->next) {
        if (Py_REFCNT(store) > 0 && (store->is_local ? freelists_count(store->index) : store->freelist.count) > 0) {
            *(PoolStore **)found = (PoolStore *)Py_NewRef(store);
            return;
        }
    }
}

static void
close_all(void *Py_UNUSED(nothing))
{
    are_closed = true;
    for (PoolStore *store = stores; store != NULL; store = store->next) {
        store->max = 0;
    }
}

void
stores_close(void)
{
    lock_run_exclusive(close_all, NULL);
    for (;;) { /* anew each time: finalizers may be the end of any store */
        PoolStore *store = NULL;
        lock_run_exclusive(find_filled, &store);
        if (store == NULL) {
            return;
        }
        end_beyond(store, 0);
        Py_DECREF(store);
    }
}

/* ---- methods ---- */

PyDoc_STRVAR(new_doc, "Do what cls.__new__(cls, ...) does: nothing of an earlier life is left in what it gives.");

static PyObject *
store_new_object(PoolStore *self, PyObject *args, PyObject *kwargs)
{
    PyObject *cls = PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0) : NULL;
    if (cls == NULL || !PyType_Check(cls)) {
        return PyErr_Format(PyExc_TypeError, "__new__: expected the class as its first argument");
    }
    PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (rest == NULL) {
        return NULL;
    }
    Hook *hook = self->hook;
    PyObject *made = NULL;
    if (cls == (PyObject *)hook->type && hook->own_store == self) {
        made = acquire_blank(self, rest, kwargs);
    }
    else {
        PyObject *keywords = kwargs != NULL ? Py_NewRef(kwargs) : PyDict_New();
        if (keywords != NULL) {
            made = PyObject_CallFunctionObjArgs(hook->allocate, (PyObject *)hook->type, cls, rest, keywords, NULL);
            Py_DECREF(keywords);
        }
    }
    Py_DECREF(rest);
    return made;
}

/* Whether a method that takes nothing but keywords was given nothing else; else false, with TypeError set. */
static bool
has_keywords_alone(const char *name, Py_ssize_t count)
{
    if (count != 0) {
        PyErr_Format(PyExc_TypeError, "%s() takes no positional arguments but %zd were given", name, count);
    }
    return count == 0;
}

static PyObject *
store_take(PoolStore *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    return has_keywords_alone("take", count) ? acquire_take(self, args, keywords) : NULL;
}

static PyObject *
store_try_take(PoolStore *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PyObject *taken = has_keywords_alone("try_take", count) ? acquire_try_take(self, args, keywords) : NULL;
    if (taken == NULL && !PyErr_Occurred()) {
        Py_RETURN_NONE;
    }
    return taken;
}

static PyObject *
store_prefill(PoolStore *self, PyObject *arg)
{
    Py_ssize_t count = PyNumber_AsSsize_t(arg, NULL);
    if (count == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Py_ssize_t made = 0;
    while (made < count) {
        Freelist *freelist = store_freelist(self);
        if (freelist == NULL || freelist->count >= self->max) {
            break;
        }
        int status = acquire_prefill_one(self);
        if (status < 0) {
            return NULL;
        }
        if (status == 0) {
            break; /* the next one would be no different */
        }
        made++;
    }
    return PyLong_FromSsize_t(made);
}

/* End the `count` oldest on the freelist that this thread uses. */
static Py_ssize_t
end_here(PoolStore *self, Py_ssize_t count)
{
    Freelist *freelist = store_freelist(self);
    if (freelist == NULL) {
        return 0;
    }
    return batch_destroy(store_is_shared(self, freelist) ? take_shared(self, count) : freelist_take_oldest(freelist, count));
}

static PyObject *
store_remove(PoolStore *self, PyObject *arg)
{
    Py_ssize_t count = PyNumber_AsSsize_t(arg, NULL);
    if (count == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromSsize_t(end_here(self, count));
}

static PyObject *
store_clear(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(end_here(self, PY_SSIZE_T_MAX));
}

static PyObject *
store_trim(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    if (self->is_local) {
        return PyLong_FromSsize_t(freelists_trim_unused(self));
    }
    lock_acquire(&self->freelist.lock);
    Batch batch = freelist_take_unused(&self->freelist);
    lock_release(&self->freelist.lock);
    return PyLong_FromSsize_t(batch_destroy(batch));
}

static PyObject *
store_keep(PoolStore *self, PyObject *arg)
{
    Py_ssize_t keep = PyNumber_AsSsize_t(arg, NULL);
    if (keep == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Py_ssize_t before = self->is_local ? freelists_count(self->index) : self->freelist.count;
    end_beyond(self, keep);
    Py_ssize_t now = self->is_local ? freelists_count(self->index) : self->freelist.count;
    return PyLong_FromSsize_t(before > now ? before - now : 0);
}

static PyObject *
store_weigh(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    enum { MOST = 64 };
    Scales scales = scales_for(self->hook->type);
    Py_ssize_t count = 0;
    size_t sum;
    if (self->is_local) {
        sum = freelists_weigh(self, &scales, MOST, &count);
    }
    else {
        lock_acquire(&self->freelist.lock);
        sum = freelist_weigh(&self->freelist, &scales, MOST, &count);
        lock_release(&self->freelist.lock);
    }
    return Py_BuildValue("(nn)", (Py_ssize_t)sum, count);
}

static PyObject *
store_limit(PoolStore *self, PyObject *args)
{
    PyObject *max, *max_cap;
    if (!PyArg_ParseTuple(args, "OO:limit", &max, &max_cap)) {
        return NULL;
    }
    Py_ssize_t bound = PyNumber_AsSsize_t(max, NULL); /* larger ones are as good as the largest */
    Py_ssize_t cap = PyNumber_AsSsize_t(max_cap, NULL);
    if (PyErr_Occurred()) {
        return NULL;
    }
    bool none_stays = cap < self->max_cap; /* they are not measured a second time */
    self->max = are_closed ? 0 : bound;
    self->max_cap = cap;
    end_beyond(self, none_stays ? 0 : bound);
    Py_RETURN_NONE;
}

typedef struct {
    PoolStore *store;
    struct Fields *fields;
    PyObject *check;
} Planning;

/* Have a plan instead of the former one, which may be in use: it goes with the store. */
static void
change_plan(void *argument)
{
    Planning *planning = argument;
    PoolStore *self = planning->store;
    PyObject *former_check = self->check;
    if (self->fields != NULL) {
        self->fields->former = self->retired;
        self->retired = self->fields;
    }
    self->fields = planning->fields;
    self->check = planning->check;
    planning->check = former_check;
    bool is_whole = self->fields != NULL && self->fields->is_whole;
    self->takes_blank = self->reset == NULL && (self->fields == NULL || is_whole);
    self->keeps_parts = is_whole;
    self->takes_at_once = is_whole && !self->fields->finishes;
}

static PyObject *
store_set_fields(PoolStore *self, PyObject *args)
{
    PyObject *fields, *check;
    if (!PyArg_ParseTuple(args, "OO:set_fields", &fields, &check)) {
        return NULL;
    }
    end_beyond(self, 0); /* what is parked was emptied in another way */
    Planning planning = {self, (struct Fields *)unless_none(fields), Py_NewRef(check)};
    lock_run_exclusive(change_plan, &planning);
    Py_XDECREF(planning.check);
    if (COMPAT_FREE_THREADED) {
        end_beyond(self, 0); /* what was parked meanwhile */
    }
    if (self->hook->own_store == self) {
        hook_adapt(self->hook);
    }
    Py_RETURN_NONE;
}

static PyObject *
store_counts(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    Freelist sum = {.count = 0};
    Py_ssize_t parked = freelists_sum(self, &sum);
    PyObject *counts = PyTuple_New(OUTCOMES + 1);
    for (int i = 0; counts != NULL && i <= OUTCOMES; i++) {
        PyObject *count = i < OUTCOMES ? PyLong_FromLongLong((long long)sum.counts[i]) : PyLong_FromSsize_t(parked);
        if (count == NULL) {
            Py_CLEAR(counts);
            break;
        }
        PyTuple_SET_ITEM(counts, i, count);
    }
    return counts;
}

PoolStore *
store_of_object(PyObject *obj)
{
    Hook *hook = hook_of(Py_TYPE(obj));
    if (hook == NULL) {
        return NULL;
    }
    Override override = overrides_find(&hook->overrides, obj);
    if (override.object == NULL) {
        return (PoolStore *)Py_NewRef(hook->own_store);
    }
    return override.disposition == UNCOUNTED ? NULL : (PoolStore *)Py_NewRef(override.store);
}

static PyObject *
store_adopt(PoolStore *self, PyObject *obj)
{
    if (DEBUG_TRACE && hook_of(Py_TYPE(obj)) == self->hook && !trace_moved(self, obj)) {
        return NULL;
    }
    Hook *hook = self->hook;
    if (hook_of(Py_TYPE(obj)) != hook) {
        return PyErr_Format(PyExc_TypeError, "obj=%R: not an object of the class that this pool is for", obj);
    }
    Override former = overrides_find(&hook->overrides, obj);
    Disposition disposition = former.object == NULL || former.disposition == UNCOUNTED ? RETURNS : former.disposition;
    if (self == hook->own_store && disposition == RETURNS) {
        former = overrides_pop(&hook->overrides, obj);
    }
    else if (!overrides_exchange(&hook->overrides, obj, self, disposition, &former)) {
        return NULL;
    }
    store_count(self, MISS, 1);
    if (former.object == NULL || former.disposition != UNCOUNTED) {
        store_count(former.object != NULL ? former.store : hook->own_store, DETACHED, 1);
    }
    Py_XDECREF(former.store); /* the override may have had the last reference */
    return Py_NewRef(obj);
}

static Py_ssize_t
store_length(PoolStore *self)
{
    Freelist *freelist = store_freelist(self);
    return freelist == NULL ? 0 : freelist->count;
}

/* ---- life and death ---- */

static void
list_add(PoolStore *self)
{
    lock_acquire(&stores_lock);
    self->next = stores;
    if (stores != NULL) {
        stores->previous = self;
    }
    stores = self;
    lock_release(&stores_lock);
}

static void
list_remove(PoolStore *self)
{
    lock_acquire(&stores_lock);
    if (self->previous != NULL) {
        self->previous->next = self->next;
    }
    else if (stores == self) {
        stores = self->next;
    }
    if (self->next != NULL) {
        self->next->previous = self->previous;
    }
    self->next = self->previous = NULL;
    lock_release(&stores_lock);
}

static PyObject *
store_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"hook", "reset", "capacity", "report", "measures", "is_local", NULL};
    PyObject *hook, *reset, *capacity, *report;
    int measures, is_local;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O$OOOpp:Store", names, &hook, &reset, &capacity, &report, &measures, &is_local)) {
        return NULL;
    }
    PoolStore *self = (PoolStore *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->index = -1;
    self->freelist.store = self;
    self->recent_thread = NO_THREAD;
    list_add(self);
    if (is_local && (self->index = freelists_new_index()) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    self->hook = (Hook *)Py_NewRef(hook);
    self->reset = unless_none(reset);
    self->takes_blank = self->reset == NULL;
    self->capacity = unless_none(capacity);
    self->report = Py_NewRef(report);
    self->measures = measures && self->hook->container != NULL;
    self->is_local = is_local;
    return (PyObject *)self;
}

static int
store_traverse(PoolStore *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->hook);
    Py_VISIT(self->reset);
    Py_VISIT(self->fields);
    Py_VISIT(self->retired);
    Py_VISIT(self->capacity);
    Py_VISIT(self->check);
    Py_VISIT(self->report);
    return 0;
}

/* Found by the collector, with the class: what is parked ends while the class is still whole. */
static void
store_finalize(PoolStore *self)
{
    PyObject *exception = compat_take_exception();
    end_beyond(self, 0);
    compat_put_exception(exception);
}

/* The references stay: who still has the store may use it. The class's dict, or the pool, is where a cycle is cut. */
static int
store_close(PoolStore *self)
{
    self->max = 0;
    if (self->hook != NULL) {
        end_beyond(self, 0);
        if (self->hook->own_store == self) {
            hook_release_store(self->hook);
        }
    }
    return 0;
}

/* Let go of all that a store has, and of its memory. */
static void
store_free(PoolStore *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->reset);
    Py_XDECREF(self->fields);
    Py_XDECREF(self->retired);
    Py_XDECREF(self->capacity);
    Py_XDECREF(self->check);
    Py_XDECREF(self->report);
    Py_XDECREF(self->hook);
    if (self->index >= 0) {
        freelists_free_index(self->index);
    }
    PyMem_Free(self->freelist.objects);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

#if COMPAT_FREE_THREADED

/* Stores that have ended while somebody, in this thread or another, may have been in the middle of something with them.
   Nobody can come by them any more, so that they go when nobody holds any. */
static PoolStore *buried;

static void
exhume(void *found)
{
    if (!thread_states_any_held()) {
        *(PoolStore **)found = buried;
        buried = NULL;
    }
}

static void
store_end(PoolStore *self)
{
    PoolStore *found = NULL;
    lock_acquire(&stores_lock);
    self->next = buried;
    buried = self;
    lock_release(&stores_lock);
    if (are_closed) {
        return; /* at the end of the interpreter threads end without a word, and what they held is not known any more */
    }
    lock_run_exclusive(exhume, &found);
    while (found != NULL) {
        PoolStore *store = found;
        found = store->next;
        store_free(store);
    }
}

#else

static void
store_end(PoolStore *self)
{
    store_free(self); /* who is in the middle of something with it has a reference */
}

#endif

static void
store_dealloc(PoolStore *self)
{
    PyObject_GC_UnTrack(self);
    list_remove(self);
    store_close(self);
    store_end(self);
}

static PyMethodDef store_methods[] = {
    {"new", (PyCFunction)(void (*)(void))store_new_object, METH_VARARGS | METH_KEYWORDS, new_doc},
    {"take", (PyCFunction)(void (*)(void))store_take, METH_FASTCALL | METH_KEYWORDS,
     "An object as it was left when it was emptied, or a new one, with what is given."},
    {"try_take", (PyCFunction)(void (*)(void))store_try_take, METH_FASTCALL | METH_KEYWORDS,
     "An object as it was left when it was emptied, with what is given, or None."},
    {"set_fields", (PyCFunction)store_set_fields, METH_VARARGS,
     "Have objects emptied by these fields, or by None, and what is given to `take` checked by a function."},
    {"prefill", (PyCFunction)store_prefill, METH_O, "Park up to so many new objects; give the number."},
    {"remove", (PyCFunction)store_remove, METH_O, "Let up to so many parked objects die; give the number."},
    {"clear", (PyCFunction)store_clear, METH_NOARGS, "Let all parked objects die; give the number."},
    {"trim", (PyCFunction)store_trim, METH_NOARGS, "Let half of those die that were not needed since the last trim."},
    {"keep", (PyCFunction)store_keep, METH_O, "Let all die but so many on each shelf, in all threads; give the number."},
    {"weigh", (PyCFunction)store_weigh, METH_NOARGS, "Bytes of some that are parked, and how many these are."},
    {"limit", (PyCFunction)store_limit, METH_VARARGS, "Set max and max_cap; what they do not allow dies."},
    {"counts", (PyCFunction)store_counts, METH_NOARGS, "What became of the objects: the values of Stats."},
    {"adopt", (PyCFunction)store_adopt, METH_O, "Answer for an object from now on; give it."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot store_slots[] = {
    {Py_tp_doc, "What stands behind a pool of a hooked class."},
    {Py_tp_new, store_new},
    {Py_tp_methods, store_methods},
    {Py_sq_length, store_length},
    {Py_tp_traverse, store_traverse},
    {Py_tp_clear, store_close},
    {Py_tp_finalize, store_finalize},
    {Py_tp_dealloc, store_dealloc},
    {0, NULL},
};

PyType_Spec store_spec = {
    .name = "pooled._engine.native._native.Store",
    .basicsize = sizeof(PoolStore),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = store_slots,
};
