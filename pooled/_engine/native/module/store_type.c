#include "module/store_type.h"

#include "base/arguments.h"
#include "module/hook_type.h"
#include "module/store_limits.h"
#include "object/fields.h"
#include "object/scrub.h"
#include "object/weigh.h"
#include "object/init_plan.h"
#include "paths/acquire_planned.h"
#include "paths/acquire_take.h"
#include "paths/install.h"
#include "paths/prefill.h"
#include "paths/transfer.h"
#include "paths/trim.h"
#include "pool/pool_checks.h"
#include "pool/store.h"

/* ---- methods ---- */

static PyObject *
store_take(PoolStore *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    return acquire_take(self, args, count, names);
}

static PyObject *
store_try_take(PoolStore *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *taken = acquire_try_take(self, args, count, names);
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
    Freelist *freelist = store_freelist(self);
    if (freelist != NULL && count > 0) {
        Freelist *first = self->is_local ? freelist : &self->freelist;
        lock_acquire(&first->lock);
        first->credited -= (uint64_t)count; /* they may make room as misses do */
        lock_release(&first->lock);
    }
    while (made < count) {
        freelist = store_freelist(self);
        if (freelist == NULL || store_is_full(self, freelist)) {
            break;
        }
        int status = prefill_one(self);
        if (status < 0) {
            return NULL;
        }
        if (status == 0) {
            break; /* the next object would be refused, too */
        }
        made++;
    }
    return PyLong_FromSsize_t(made);
}

static PyObject *
store_remove(PoolStore *self, PyObject *arg)
{
    Py_ssize_t count = PyNumber_AsSsize_t(arg, NULL);
    if (count == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromSsize_t(trim_here(self, count));
}

static PyObject *
store_clear(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(trim_here(self, PY_SSIZE_T_MAX));
}

static PyObject *
store_trim(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(trim_unused(self));
}

static PyObject *
store_keep(PoolStore *self, PyObject *arg)
{
    Py_ssize_t keep = PyNumber_AsSsize_t(arg, NULL);
    if (keep == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Py_ssize_t before = store_count_parked(self);
    trim_to(self, keep);
    Py_ssize_t now = store_count_parked(self);
    return PyLong_FromSsize_t(before > now ? before - now : 0);
}

static PyObject *
store_weigh(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    enum { SAMPLE = 64 };
    Py_ssize_t count;
    size_t sum = weigh_store(self, SAMPLE, &count);
    return Py_BuildValue("(nn)", (Py_ssize_t)sum, count);
}

static PyObject *
store_set_fields(PoolStore *self, PyObject *fields)
{
    if (fields != Py_None && (!fields_check(fields) || ((Fields *)fields)->type != self->hook->type)) {
        return PyErr_Format(PyExc_TypeError, "fields=%R: expected Fields of the class of this store, or None", fields);
    }
    if (fields != Py_None && self->reset != NULL) {
        return PyErr_Format(PyExc_TypeError, "fields=%R: expected None, since this store has a reset", fields);
    }
    if (!planned_change_fields(self, fields == Py_None ? NULL : (Fields *)fields)) {
        return PyErr_NoMemory();
    }
    if (self->hook->own_store == self) {
        install_adapt(self->hook);
    }
    Py_RETURN_NONE;
}

static PyObject *
store_plan_init(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    return planned_read(self) < 0 ? NULL : PyBool_FromLong(self->init_plan != NULL);
}

static PyObject *
store_kept_names(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *names = PyList_New(0);
    for (Py_ssize_t i = 0; names != NULL && self->fields != NULL && i < self->fields->count; i++) {
        const Field *field = &self->fields->items[i];
        if (field->kind == FIELD_PART && PyList_Append(names, field->name) < 0) {
            Py_CLEAR(names);
        }
    }
    return names;
}

static PyObject *
store_inits(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    uint64_t inits[INIT_OUTCOMES];
    store_sum_inits(self, inits);
    PyObject *counts = PyTuple_New(INIT_OUTCOMES);
    for (int i = 0; counts != NULL && i < INIT_OUTCOMES; i++) {
        PyObject *count = PyLong_FromUnsignedLongLong(inits[i]);
        if (count == NULL) {
            Py_CLEAR(counts);
            break;
        }
        PyTuple_SET_ITEM(counts, i, count);
    }
    return counts;
}

/* Count ended objects as misses if they were not counted before. */
static void
count_late(uint64_t *counts)
{
    uint64_t came = counts[HIT] + counts[MISS] + counts[INSERTED], ended = 0;
    for (int outcome = FIRST_END; outcome < OUTCOMES; outcome++) {
        ended += counts[outcome];
    }
    counts[MISS] += ended > came ? ended - came : 0;
}

static PyObject *
store_counts(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    Freelist sum = {.count = 0};
    Py_ssize_t parked = freelists_sum(&self->freelist, self->index, &sum);
    if (self->hook->counts_late) {
        count_late(sum.counts);
    }
    CHECKED(pool_check_counts(&sum));
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

static PyObject *
store_adopt(PoolStore *self, PyObject *obj)
{
    return transfer_adopt(self, obj) ? Py_NewRef(obj) : NULL;
}

static Py_ssize_t
store_length(PoolStore *self)
{
    if (!self->is_local) {
        return store_count_parked(self);
    }
    Freelist *freelist = store_freelist(self);
    return freelist == NULL ? 0 : freelist->count;
}

/* ---- construction and end ---- */

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
    if (!hook_check(hook)) {
        return PyErr_Format(PyExc_TypeError, "hook=%R: expected a Hook", hook);
    }
    PoolStore *self = (PoolStore *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->index = -1;
    self->freelist.store = self;
    self->recent_thread = NO_THREAD;
    if ((is_local || COMPAT_FREE_THREADED) && (self->index = freelists_new_index()) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    store_register(self); /* not before: code that iterates over the stores uses their freelists */
#if COMPAT_FREE_THREADED
    self->freelist.is_depot = !is_local;
#endif
    self->hook = (Hook *)Py_NewRef(hook);
    self->reset = unless_none(reset);
    self->strategy = self->reset != NULL ? STRATEGY_RESET : STRATEGY_SCRUB;
    self->nested = &scrub_nested;
    self->until_plan = PLAN_AFTER;
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
    Py_VISIT(self->init_plan);
    Py_VISIT(self->retired_plans);
    Py_VISIT(self->report);
    return 0;
}

/* The collector found the store and its class: destroy the parked objects before the class is cleared. */
static void
store_finalize(PoolStore *self)
{
    PyObject *exception = compat_take_exception();
    trim_to(self, 0);
    compat_put_exception(exception);
}

/* The references stay, because code that still has the store may use it. A cycle is broken at the dict of the class, or
   at the pool. */
static int
store_close(PoolStore *self)
{
    self->max = 0;
    if (self->hook != NULL) {
        trim_to(self, 0);
        if (self->hook->own_store == self) {
            hook_release_store(self->hook);
        }
    }
    return 0;
}

/* Drop all references of a store, and free its memory. */
static void
store_free(PoolStore *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->reset);
    Py_XDECREF(self->fields);
    Py_XDECREF(self->retired);
    Py_XDECREF(self->capacity);
    Py_XDECREF(self->init_plan);
    Py_XDECREF(self->retired_plans);
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

/* Stores of refcount 0 that a thread may still be using (store_hold). No code can obtain a new reference to them, so they are
   freed when no thread holds any store. */
static PoolStore *zombies;

static void
take_zombies(void *found)
{
    if (!thread_states_any_held()) {
        *(PoolStore **)found = zombies;
        zombies = NULL;
    }
}

static void
store_end(PoolStore *self)
{
    PoolStore *found = NULL;
    lock_acquire(&stores_lock);
    self->next = zombies;
    zombies = self;
    lock_release(&stores_lock);
    if (stores_closed) {
        return; /* at exit, threads end without notice, and the stores that they held are unknown */
    }
    lock_run_exclusive(take_zombies, &found);
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
    store_free(self); /* a function that uses it has a strong reference */
}

#endif

static void
store_dealloc(PoolStore *self)
{
    PyObject_GC_UnTrack(self);
    store_unregister(self);
    store_close(self);
    store_end(self);
}

static PyMethodDef store_methods[] = {
    {"take", (PyCFunction)(void (*)(void))store_take, METH_FASTCALL | METH_KEYWORDS,
     "A parked object as its reset left it, or what a call of the class gives."},
    {"try_take", (PyCFunction)(void (*)(void))store_try_take, METH_FASTCALL | METH_KEYWORDS,
     "The same, or None if no object is parked."},
    {"set_fields", (PyCFunction)store_set_fields, METH_O, "Set the fields to keep, or None."},
    {"plan_init", (PyCFunction)store_plan_init, METH_NOARGS,
     "Read `__init__` now, unless it was read; return whether C can carry it out."},
    {"kept_names", (PyCFunction)store_kept_names, METH_NOARGS, "The attributes that are parked with what they hold."},
    {"inits", (PyCFunction)store_inits, METH_NOARGS, "The counts of calls with a plan, in the order of INIT_OUTCOMES."},
    {"prefill", (PyCFunction)store_prefill, METH_O, "Park up to this many new objects; return the number."},
    {"remove", (PyCFunction)store_remove, METH_O, "Destroy up to this many parked objects; return the number."},
    {"clear", (PyCFunction)store_clear, METH_NOARGS, "Destroy all parked objects; return the number."},
    {"trim", (PyCFunction)store_trim, METH_NOARGS,
     "Destroy half of the objects that were not needed since the last trim; return the number."},
    {"keep", (PyCFunction)store_keep, METH_O,
     "Destroy all but this many on each freelist, in all threads; return the number."},
    {"weigh", (PyCFunction)store_weigh, METH_NOARGS,
     "The bytes of a sample of parked objects, and the size of the sample."},
    {"limit", (PyCFunction)store_limits_set, METH_VARARGS,
     "Set max, max_cap and whether the depth follows the load; destroy the parked objects that they do not allow."},
    {"depths", (PyCFunction)store_limits_depths, METH_NOARGS,
     "For how many objects there is room now: on the deepest freelist, on all, and the number of freelists."},
    {"counts", (PyCFunction)store_counts, METH_NOARGS,
     "The counts of outcomes, and the number of parked objects, in the order of OUTCOMES."},
    {"adopt", (PyCFunction)store_adopt, METH_O, "Make this store responsible for an object; return the object."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot store_slots[] = {
    {Py_tp_doc, "The store of a pool of a hooked class."},
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
