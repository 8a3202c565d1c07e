#include "store.h"

#include "construct.h"
#include "fields.h"
#include "watching.h"

/* All stores, and whether they are closed. Static: they are closed together, whichever module they come from. */
static PoolStore *stores;
static bool are_closed;

/* ---- what is parked ---- */

/* End what a pool has parked, in all threads. */
static void
end_all(PoolStore *store)
{
    if (store->is_local) {
        shelves_trim(store->index, 0);
    }
    else {
        shelf_clear(&store->shelf);
    }
}

COLD Shelf *
store_find_shelf(PoolStore *store)
{
    Shelf *shelf = open_shelf(store->index);
    if (shelf != NULL) {
        shelf->store = store;
    }
    store->recent = shelf;
    store->recent_thread = shelf != NULL ? here.thread : NO_THREAD;
    return shelf;
}

/* A store that has something parked, or NULL. */
static PoolStore *
filled_store(void)
{
    for (PoolStore *store = stores; store != NULL; store = store->next) {
        if ((store->is_local ? shelves_count(store->index) : store->shelf.count) > 0) {
            return store;
        }
    }
    return NULL;
}

void
stores_close(void)
{
    are_closed = true;
    for (PoolStore *store = stores; store != NULL; store = store->next) {
        store->max = 0;
    }
    PoolStore *store;
    while ((store = filled_store()) != NULL) { /* anew each time: finalizers may be the end of any store */
        Py_INCREF(store);
        end_all(store);
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
    if (cls == (PyObject *)hook->type && hook->home == self) {
        made = blank(self, rest, kwargs);
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
    return has_keywords_alone("take", count) ? take(self, args, keywords) : NULL;
}

static PyObject *
store_try_take(PoolStore *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PyObject *taken = has_keywords_alone("try_take", count) ? try_take(self, args, keywords) : NULL;
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
        Shelf *shelf = store_shelf(self);
        if (shelf == NULL || shelf->count >= self->max) {
            break;
        }
        int status = prefill_one(self);
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

static PyObject *
store_remove(PoolStore *self, PyObject *arg)
{
    Py_ssize_t count = PyNumber_AsSsize_t(arg, NULL);
    if (count == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Shelf *shelf = store_shelf(self);
    return PyLong_FromSsize_t(shelf == NULL ? 0 : shelf_end_oldest(shelf, count));
}

static PyObject *
store_clear(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    Shelf *shelf = store_shelf(self);
    return PyLong_FromSsize_t(shelf == NULL ? 0 : shelf_clear(shelf));
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
    if (none_stays) {
        end_all(self);
    }
    else if (self->is_local) {
        shelves_trim(self->index, bound);
    }
    else {
        shelf_end_oldest(&self->shelf, self->shelf.count - bound);
    }
    Py_RETURN_NONE;
}

static PyObject *
store_set_fields(PoolStore *self, PyObject *args)
{
    PyObject *fields, *check;
    if (!PyArg_ParseTuple(args, "OO:set_fields", &fields, &check)) {
        return NULL;
    }
    end_all(self); /* what is parked was emptied in another way */
    if (self->fields != NULL) { /* they may be in use: they go with the store */
        Py_XDECREF(self->fields->former);
        self->fields->former = self->retired;
        self->retired = self->fields;
    }
    self->fields = (struct Fields *)unless_none(fields);
    Py_XSETREF(self->check, Py_NewRef(check));
    bool is_whole = self->fields != NULL && self->fields->is_whole;
    self->takes_blank = self->reset == NULL && (self->fields == NULL || is_whole);
    self->keeps_parts = is_whole;
    self->takes_at_once = is_whole && !self->fields->finishes;
    if (self->hook->home == self) {
        hook_adapt(self->hook);
    }
    Py_RETURN_NONE;
}

static PyObject *
store_counts(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *counts = PyTuple_New(FATES + 1);
    for (int i = 0; counts != NULL && i <= FATES; i++) {
        Py_ssize_t parked = self->is_local ? shelves_count(self->index) : self->shelf.count;
        PyObject *count = i < FATES ? PyLong_FromLongLong((long long)self->counts[i]) : PyLong_FromSsize_t(parked);
        if (count == NULL) {
            Py_CLEAR(counts);
            break;
        }
        PyTuple_SET_ITEM(counts, i, count);
    }
    return counts;
}

PoolStore *
home_of(PyObject *obj, Mark **mark)
{
    Hook *hook = hook_of(Py_TYPE(obj));
    *mark = NULL;
    if (hook == NULL) {
        return NULL;
    }
    *mark = marks_find(&hook->marks, obj);
    if (*mark == NULL) {
        return hook->home;
    }
    return (*mark)->verdict == UNCOUNTED ? NULL : (*mark)->store;
}

static PyObject *
store_adopt(PoolStore *self, PyObject *obj)
{
    if (WATCHES && hook_of(Py_TYPE(obj)) == self->hook && !watch_moved(self, obj)) {
        return NULL;
    }
    Mark *mark;
    PoolStore *former = home_of(obj, &mark);
    Hook *hook = self->hook;
    if (hook_of(Py_TYPE(obj)) != hook) {
        return PyErr_Format(PyExc_TypeError, "obj=%R: not an object of the class that this pool is for", obj);
    }
    Verdict verdict = mark == NULL || mark->verdict == UNCOUNTED ? GOES_HOME : mark->verdict;
    Py_XINCREF(former); /* the mark may have the last reference */
    bool done = true;
    if (self == hook->home && verdict == GOES_HOME) {
        Py_XDECREF(marks_pop(&hook->marks, obj).store);
    }
    else {
        done = marks_set(&hook->marks, obj, self, verdict);
    }
    if (done) {
        self->counts[MISS]++;
        if (former != NULL) {
            former->counts[DETACHED]++;
        }
    }
    Py_XDECREF(former);
    return done ? Py_NewRef(obj) : NULL;
}

static Py_ssize_t
store_length(PoolStore *self)
{
    Shelf *shelf = store_shelf(self);
    return shelf == NULL ? 0 : shelf->count;
}

/* ---- life and death ---- */

static void
list_add(PoolStore *self)
{
    self->next = stores;
    if (stores != NULL) {
        stores->previous = self;
    }
    stores = self;
}

static void
list_remove(PoolStore *self)
{
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
    self->shelf.store = self;
    self->recent_thread = NO_THREAD;
    list_add(self);
    if (is_local && (self->index = shelves_new_index()) < 0) {
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
    end_all(self);
    compat_put_exception(exception);
}

/* The references stay: who still has the store may use it. The class's dict, or the pool, is where a cycle is cut. */
static int
store_close(PoolStore *self)
{
    self->max = 0;
    if (self->hook != NULL) {
        end_all(self);
        if (self->hook->home == self) {
            hook_release_home(self->hook);
        }
    }
    return 0;
}

static void
store_dealloc(PoolStore *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    list_remove(self);
    store_close(self);
    Py_XDECREF(self->reset);
    Py_XDECREF(self->fields);
    Py_XDECREF(self->retired);
    Py_XDECREF(self->capacity);
    Py_XDECREF(self->check);
    Py_XDECREF(self->report);
    Py_XDECREF(self->hook);
    if (self->index >= 0) {
        shelves_free_index(self->index);
    }
    PyMem_Free(self->shelf.objects);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
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
