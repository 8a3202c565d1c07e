#include "module/arc_type.h"

#include "base/arguments.h"
#include "base/attrs.h"
#include "module/arc_handle.h"
#include "module/arc_state.h"
#include "module/weak_type.h"

static inline ArcState *
state_for(PyTypeObject *type)
{
    return PyType_GetModuleState(handle_kind(type));
}

/* ---- construction ---- */

/* The store of a pool of cells; NULL, without an exception, for another object. */
static PyObject *
store_of_pool(ArcState *state, PyObject *pool)
{
    if (Py_TYPE(pool) != state->global_pool && Py_TYPE(pool) != state->local_pool) {
        return NULL;
    }
    PyObject *store = PyObject_GetAttrString(pool, "_store");
    if (store != NULL && PyObject_TypeCheck(store, Py_TYPE(state->store))
        && ((PoolStore *)store)->hook == state->store->hook) {
        return store;
    }
    Py_XDECREF(store);
    PyErr_Clear();
    return NULL;
}

static inline bool
is_pool(const ArcState *state, PyObject *value)
{
    return Py_TYPE(value) == state->global_pool || Py_TYPE(value) == state->local_pool;
}

/* A cell for Arc(value, pool). */
static PyObject *
cell_for(ArcState *state, PyObject *value, PyObject *pool)
{
    if (LIKELY(pool == Py_None && !is_pool(state, value))) {
        return arc_cell_new(state, state->store, value);
    }
    if (pool == Py_False && !is_pool(state, value)) {
        return arc_cell_new(state, NULL, value);
    }
    PyObject *store = NULL;
    if (state->store != NULL && !is_pool(state, value)) {
        store = store_of_pool(state, pool);
    }
    if (store == NULL && state->store_for != NULL) {
        store = PyObject_CallFunctionObjArgs(state->store_for, value, pool, NULL);
        if (store == NULL) {
            return NULL;
        }
    }
    PyObject *cell = arc_cell_new(state, store == Py_None ? NULL : (PoolStore *)store, value);
    Py_XDECREF(store);
    return cell;
}

static PyObject *
handle_make(PyTypeObject *type, PyObject *value, PyObject *pool)
{
    PyObject *cell = cell_for(state_for(type), value, pool);
    return LIKELY(cell != NULL) ? handle_new(type, cell) : NULL;
}

static PyObject *
handle_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"value", "pool", NULL};
    PyObject *value, *pool = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:Arc", names, &value, &pool)) {
        return NULL;
    }
    return handle_make(type, value, pool);
}

PyObject *
arc_vectorcall(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    if (LIKELY(names == NULL && (count == 1 || count == 2))) {
        return handle_make(type, args[0], count == 1 ? Py_None : args[1]);
    }
    Packed packed;
    if (!arguments_pack(&packed, args, nargsf, names)) {
        return NULL;
    }
    PyObject *self = handle_tp_new(type, packed.tuple, packed.dict);
    arguments_unpack(&packed);
    return self;
}

/* ---- methods ---- */

PyDoc_STRVAR(get_doc, "get($self, /)\n--\n\nReturn the value, which all clones share.");

static PyObject *
handle_get(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return handle_value(self);
}

/* Whether there is no other handle on a value, strong or weak; -1 with an exception set.

   Without a GIL, other threads may clone, downgrade and drop their handles meanwhile. Handles of both kinds are made
   from a strong or a weak handle. With the cell locked, no weak handle is made from a strong one. So if there is no
   weak handle, none can appear. If there is then one reference for this handle, and one for this call, no other thread
   has a handle to make another one from. */
static int
is_sole(PyObject *self)
{
    PyObject *cell = handle_cell(self);
    if (cell == NULL) {
        return -1;
    }
    bool is_sole;
    COMPAT_BEGIN_CRITICAL_SECTION(cell);
    is_sole = !has_weakrefs(cell);
    is_sole = is_sole && Py_REFCNT(cell) == 2;
    COMPAT_END_CRITICAL_SECTION();
    Py_DECREF(cell);
    return is_sole;
}

PyDoc_STRVAR(get_mut_doc, "get_mut($self, /)\n--\n\n"
                          "Return the value if this is the only handle, so that it may be changed; else None.\n\n"
                          "Only handles are counted. References that `get` has returned are not.");

static PyObject *
handle_get_mut(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    int sole = is_sole(self);
    if (sole == 0) {
        Py_RETURN_NONE;
    }
    return sole < 0 ? NULL : handle_value(self);
}

/* Give a handle its own cell, with a new value, from the pool of the former cell. */
static bool
move_to_new_cell(PyObject *self, PyObject *value)
{
    PyObject *former = handle_cell(self);
    if (former == NULL) {
        return false;
    }
    PoolStore *store = store_of_object(former);
    PyObject *cell = arc_cell_new(state_for(Py_TYPE(self)), store, value);
    Py_XDECREF(store);
    Py_DECREF(former);
    if (cell == NULL) {
        return false;
    }
    COMPAT_BEGIN_CRITICAL_SECTION(self);
    former = ((Handle *)self)->cell;
    ((Handle *)self)->cell = cell;
    COMPAT_END_CRITICAL_SECTION();
    Py_DECREF(former);
    return true;
}

PyDoc_STRVAR(make_mut_doc,
             "make_mut($self, /)\n--\n\n"
             "Return a value that no other handle shares: the present one, or else a copy, which this handle gets.\n\n"
             "The copy is that of `copy.copy`. The other handles keep the former value.");

static PyObject *
handle_make_mut(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    int sole = is_sole(self);
    PyObject *value = sole < 0 ? NULL : handle_value(self);
    if (sole != 0 || value == NULL) {
        return value;
    }
    PyObject *copy = state_for(Py_TYPE(self))->copy;
    PyObject *copied = copy == NULL ? Py_NewRef(value) : PyObject_CallOneArg(copy, value);
    Py_DECREF(value);
    if (copied != NULL && !move_to_new_cell(self, copied)) {
        Py_CLEAR(copied);
    }
    return copied;
}

PyDoc_STRVAR(clone_doc, "clone($self, /)\n--\n\nMake another handle on the same value.");

static PyObject *
handle_clone(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *cell = handle_cell(self);
    return cell == NULL ? NULL : handle_new(Py_TYPE(self), cell);
}

PyDoc_STRVAR(strong_count_doc,
             "strong_count($self, /)\n--\n\nReturn the number of handles on the value, including this one.");

static PyObject *
handle_strong_count(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *cell = handle_cell(self);
    if (cell == NULL) {
        return NULL;
    }
    Py_ssize_t count = Py_REFCNT(cell) - 1;
    Py_DECREF(cell);
    return PyLong_FromSsize_t(count);
}

PyDoc_STRVAR(weak_count_doc, "weak_count($self, /)\n--\n\nReturn the number of weak handles on the value.");

static PyObject *
handle_weak_count(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *cell = handle_cell(self);
    Py_ssize_t count = cell == NULL ? -1 : weak_count_of(cell);
    Py_XDECREF(cell);
    return count < 0 ? NULL : PyLong_FromSsize_t(count);
}

PyDoc_STRVAR(is_unique_doc,
             "is_unique($self, /)\n--\n\nReturn whether there is no other handle on the value, strong or weak.");

static PyObject *
handle_is_unique(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    int sole = is_sole(self);
    return sole < 0 ? NULL : PyBool_FromLong(sole);
}

PyDoc_STRVAR(downgrade_doc,
             "downgrade($self, /)\n--\n\nMake a weak handle on the value, which does not keep it alive.");

static PyObject *
handle_downgrade(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyTypeObject *type = state_for(Py_TYPE(self))->weak_type;
    PyObject *cell = handle_cell(self), *weak = NULL;
    if (cell == NULL) {
        return NULL;
    }
    COMPAT_BEGIN_CRITICAL_SECTION(cell); /* see is_sole */
    weak = weak_new(type, cell);
    COMPAT_END_CRITICAL_SECTION();
    Py_DECREF(cell);
    return weak;
}

PyDoc_STRVAR(ptr_eq_doc, "ptr_eq($self, other, /)\n--\n\n"
                         "Return whether `other` is a handle on the same value: this one, or a clone of it.");

static PyObject *
handle_ptr_eq(PyObject *self, PyObject *other)
{
    if (!PyObject_TypeCheck(other, handle_kind(Py_TYPE(self)))) {
        Py_RETURN_FALSE;
    }
    PyObject *one = handle_cell(self), *two = one == NULL ? NULL : handle_cell(other);
    Py_XDECREF(one);
    Py_XDECREF(two);
    return two == NULL ? NULL : PyBool_FromLong(one == two);
}

static PyObject *
handle_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *cell = handle_cell(self);
    PyObject *make = cell == NULL ? NULL : PyObject_GetAttrString((PyObject *)Py_TYPE(self), "_on");
    if (make == NULL) {
        Py_XDECREF(cell);
        return NULL;
    }
    return Py_BuildValue("N(N)", make, cell);
}

static PyObject *
handle_on(PyObject *cls, PyObject *cell)
{
    ArcState *state = state_for((PyTypeObject *)cls);
    if (state->lone_type == NULL || !PyObject_TypeCheck(cell, state->lone_type)) {
        return PyErr_Format(PyExc_TypeError, "cell=%R: expected a cell", cell);
    }
    return handle_new((PyTypeObject *)cls, Py_NewRef(cell));
}

/* ---- what a handle does as its value does ---- */

static PyObject *
handle_richcompare(PyObject *self, PyObject *other, int op)
{
    if (!PyObject_TypeCheck(other, handle_kind(Py_TYPE(self)))) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *one = handle_value(self), *two = one == NULL ? NULL : handle_value(other);
    PyObject *result = two == NULL ? NULL : PyObject_RichCompare(one, two, op);
    Py_XDECREF(one);
    Py_XDECREF(two);
    return result;
}

static Py_hash_t
handle_hash(PyObject *self)
{
    PyObject *value = handle_value(self);
    Py_hash_t result = value == NULL ? -1 : PyObject_Hash(value);
    Py_XDECREF(value);
    return result;
}

static PyObject *
handle_repr(PyObject *self)
{
    int entered = Py_ReprEnter(self);
    if (entered != 0) {
        return entered > 0 ? PyUnicode_FromString("...") : NULL;
    }
    PyObject *name = PyType_GetName(Py_TYPE(self)), *value = name == NULL ? NULL : handle_value(self);
    PyObject *text = value == NULL ? NULL : PyUnicode_FromFormat("%U(%R)", name, value);
    Py_XDECREF(name);
    Py_XDECREF(value);
    Py_ReprLeave(self);
    return text;
}

/* ---- the types ---- */

#define METHODS                                                                                                        \
    {"get", handle_get, METH_NOARGS, get_doc}, {"get_mut", handle_get_mut, METH_NOARGS, get_mut_doc},                  \
        {"make_mut", handle_make_mut, METH_NOARGS, make_mut_doc}, {"clone", handle_clone, METH_NOARGS, clone_doc},     \
        {"strong_count", handle_strong_count, METH_NOARGS, strong_count_doc},                                          \
        {"is_unique", handle_is_unique, METH_NOARGS, is_unique_doc}, {"ptr_eq", handle_ptr_eq, METH_O, ptr_eq_doc},    \
        {"_on", handle_on, METH_O | METH_CLASS, NULL}, {"__copy__", handle_clone, METH_NOARGS, NULL},                  \
        {"__reduce__", handle_reduce, METH_NOARGS, NULL},                                                              \
    {                                                                                                                  \
        "__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL                                                \
    }

static PyMethodDef arc_methods[] = {
    METHODS,
    {"weak_count", handle_weak_count, METH_NOARGS, weak_count_doc},
    {"downgrade", handle_downgrade, METH_NOARGS, downgrade_doc},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef tarc_methods[] = {
    METHODS,
    {NULL, NULL, 0, NULL},
};

/* CPython reads from this member where Python's weak references are. */
static PyMemberDef arc_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(ArcHandle, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(
    arc_doc,
    "Arc(value, pool=None)\n--\n\n"
    "A handle on a shared value. It supports weak handles, and Python's weak references.\n\n"
    "Handles compare, hash and print as their values do. A pickle or a deep copy has cells from the receiver's "
    "own pool;\nhandles that share a value share it there, too. A subclass that changes the parameters defines "
    "`__new__`.\n\n"
    "Args:\n"
    "    value: the shared value.\n"
    "    pool: the pool of `Cell` that the shared cell comes from. None: that of the class, of this thread. "
    "False: none.\n\n"
    "Raises:\n"
    "    TypeError: `pool` is something else, or `value` is a pool of cells: 0.1.0 had the order `Arc(pool, "
    "value)`.");

PyDoc_STRVAR(tarc_doc, "TArc(value, pool=None)\n--\n\n"
                       "A handle like `Arc`, but a machine word smaller, without weak handles and Python's weak "
                       "references.");

#define SLOTS                                                                                                          \
    {Py_tp_new, handle_tp_new}, {Py_tp_traverse, handle_traverse}, {Py_tp_richcompare, handle_richcompare},            \
        {Py_tp_hash, handle_hash},                                                                                     \
    {                                                                                                                  \
        Py_tp_repr, handle_repr                                                                                        \
    }

static PyType_Slot arc_slots[] = {
    {Py_tp_doc, (char *)arc_doc}, SLOTS,     {Py_tp_dealloc, arc_dealloc}, {Py_tp_methods, arc_methods},
    {Py_tp_members, arc_members}, {0, NULL},
};

static PyType_Slot tarc_slots[] = {
    {Py_tp_doc, (char *)tarc_doc}, SLOTS, {Py_tp_dealloc, tarc_dealloc}, {Py_tp_methods, tarc_methods}, {0, NULL},
};

enum { FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE };

PyType_Spec arc_spec = {
    .name = "pooled.arc.Arc",
    .basicsize = sizeof(ArcHandle),
    .flags = FLAGS,
    .slots = arc_slots,
};

PyType_Spec tarc_spec = {
    .name = "pooled.arc.TArc",
    .basicsize = sizeof(Handle),
    .flags = FLAGS,
    .slots = tarc_slots,
};
