#include "module/weak_type.h"

#include "base/attrs.h"
#include "module/arc_handle.h"
#include "module/arc_state.h"

/* All weak handles on a cell share one weak reference: CPython creates only one without a callback. So its reference
   count is the number of weak handles. */
typedef struct {
    PyObject_HEAD
    PyObject *ref; /* to the cell; a strong reference */
} Weak;

static PyObject *
of_ref(PyTypeObject *type, PyObject *ref)
{
    Weak *self = ref == NULL ? NULL : (Weak *)type->tp_alloc(type, 0);
    if (UNLIKELY(self == NULL)) {
        Py_XDECREF(ref);
        return NULL;
    }
    self->ref = ref;
    return (PyObject *)self;
}

PyObject *
weak_new(PyTypeObject *type, PyObject *cell)
{
    return of_ref(type, PyWeakref_NewRef(cell, NULL));
}

Py_ssize_t
weak_count_of(PyObject *cell)
{
    if (!has_weakrefs(cell)) {
        return 0;
    }
    PyObject *ref = PyWeakref_NewRef(cell, NULL);
    if (ref == NULL) {
        return -1;
    }
    Py_ssize_t count = Py_REFCNT(ref) - 1;
    Py_DECREF(ref);
    return count;
}

/* The cell, a new reference, or NULL. */
static PyObject *
target(PyObject *self)
{
    return compat_weakref_target(((Weak *)self)->ref);
}

static bool
is_alive(PyObject *self)
{
    PyObject *cell = target(self);
    Py_XDECREF(cell);
    return cell != NULL;
}

PyDoc_STRVAR(upgrade_doc, "upgrade($self, /)\n--\n\n"
                          "Make an `Arc` on the value; return None if the last strong handle was dropped.");

static PyObject *
weak_upgrade(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *cell = target(self);
    if (cell == NULL) {
        Py_RETURN_NONE;
    }
    ArcState *state = PyType_GetModuleState(Py_TYPE(self));
    if (state->arc_type == NULL) { /* the module is cleared, at the end of the interpreter */
        Py_DECREF(cell);
        Py_RETURN_NONE;
    }
    return handle_new(state->arc_type, cell);
}

PyDoc_STRVAR(clone_doc, "clone($self, /)\n--\n\nMake another weak handle on the same value.");

static PyObject *
weak_clone(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return of_ref(Py_TYPE(self), Py_NewRef(((Weak *)self)->ref));
}

PyDoc_STRVAR(strong_count_doc, "strong_count($self, /)\n--\n\n"
                               "Return the number of strong handles on the value; 0 if the value is gone.");

static PyObject *
weak_strong_count(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *cell = target(self);
    Py_ssize_t count = cell == NULL ? 0 : Py_REFCNT(cell) - 1;
    Py_XDECREF(cell);
    return PyLong_FromSsize_t(count);
}

PyDoc_STRVAR(weak_count_doc,
             "weak_count($self, /)\n--\n\n"
             "Return the number of weak handles on the value, including this one; 0 if the value is gone.");

static PyObject *
weak_weak_count(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(is_alive(self) ? Py_REFCNT(((Weak *)self)->ref) : 0);
}

PyDoc_STRVAR(ptr_eq_doc, "ptr_eq($self, other, /)\n--\n\n"
                         "Return whether `other` is a weak handle on the same value, and the value is alive.");

static PyObject *
weak_ptr_eq(PyObject *self, PyObject *other)
{
    bool is_same = Py_TYPE(other) == Py_TYPE(self) && ((Weak *)self)->ref == ((Weak *)other)->ref;
    return PyBool_FromLong(is_same && is_alive(self));
}

static PyObject *
weak_reduce(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    PyErr_SetString(PyExc_TypeError, "cannot pickle a Weak: pickle the Arc that upgrade returns");
    return NULL;
}

static PyObject *
weak_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<Weak %s>", is_alive(self) ? "alive" : "dead");
}

static PyObject *
weak_refuse(PyTypeObject *Py_UNUSED(type), PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    PyErr_SetString(PyExc_TypeError, "Weak() is not possible: call the method downgrade of an Arc");
    return NULL;
}

static int
weak_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Weak *)self)->ref);
    return 0;
}

static void
weak_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((Weak *)self)->ref);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef weak_methods[] = {
    {"upgrade", weak_upgrade, METH_NOARGS, upgrade_doc},
    {"clone", weak_clone, METH_NOARGS, clone_doc},
    {"strong_count", weak_strong_count, METH_NOARGS, strong_count_doc},
    {"weak_count", weak_weak_count, METH_NOARGS, weak_count_doc},
    {"ptr_eq", weak_ptr_eq, METH_O, ptr_eq_doc},
    {"__copy__", weak_clone, METH_NOARGS, NULL},
    {"__deepcopy__", weak_clone, METH_O, NULL},
    {"__reduce__", weak_reduce, METH_NOARGS, NULL},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(weak_doc, "A handle that does not keep the value alive. `Arc.downgrade` makes one. A copy is a clone; a "
                       "pickle, an error.");

static PyType_Slot weak_slots[] = {
    {Py_tp_doc, (char *)weak_doc},
    {Py_tp_new, weak_refuse},
    {Py_tp_repr, weak_repr},
    {Py_tp_traverse, weak_traverse},
    {Py_tp_dealloc, weak_dealloc},
    {Py_tp_methods, weak_methods},
    {0, NULL},
};

PyType_Spec weak_spec = {
    .name = "pooled.arc.Weak",
    .basicsize = sizeof(Weak),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = weak_slots,
};
