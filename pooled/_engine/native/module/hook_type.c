#include "module/hook_type.h"

#include "base/arguments.h"
#include "base/attrs.h"
#include "base/interp.h"
#include "containers/containers.h"
#include "object/class_counter.h"
#include "object/destroy.h"
#include "pool/hook_table.h"
#include "pool/store.h"

/* The tp_new of the nearest class whose `__new__` is written in C. */
static newfunc
new_in_c(PyTypeObject *type)
{
    while (type->tp_new == interp.python_new) {
        type = type->tp_base;
    }
    return type->tp_new;
}

/* Whether objects of a class in C are like those of `object`. */
static bool
adds_nothing(PyTypeObject *base)
{
    const PyTypeObject *object = &PyBaseObject_Type;
    const unsigned long places = Py_TPFLAGS_MANAGED_DICT | COMPAT_TPFLAGS_MANAGED_WEAKREF;
    return base->tp_basicsize == object->tp_basicsize && base->tp_itemsize == 0 && base->tp_new == object->tp_new
           && base->tp_dictoffset == 0 && base->tp_weaklistoffset == 0 && !(base->tp_flags & places);
}

static THREAD_LOCAL bool alloc_was_called; /* set by the function below */

static PyObject *
noticed_alloc(PyTypeObject *type, Py_ssize_t items)
{
    alloc_was_called = true;
    return PyType_GenericAlloc(type, items);
}

/* Whether the `__new__` of a builtin container allocates without tp_alloc, as some do since Python 3.14. Also true if
   this cannot be determined. */
static bool
bypasses_alloc(PyTypeObject *base)
{
    PyObject *cls = PyObject_CallFunction((PyObject *)&PyType_Type, "s(O){}", "_", base);
    PyObject *self = NULL;
    alloc_was_called = false;
    if (cls != NULL) {
        ((PyTypeObject *)cls)->tp_alloc = noticed_alloc;
        self = base->tp_new((PyTypeObject *)cls, interp.no_arguments, NULL);
    }
    bool bypasses = self == NULL || !alloc_was_called;
    PyErr_Clear();
    Py_XDECREF(self);
    Py_XDECREF(cls);
    return bypasses;
}

static PyObject *
hook_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"cls", "empty", "fits", "refill", NULL};
    PyTypeObject *type;
    PyObject *empty, *fits, *refill;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!$OOO:Hook", names, &PyType_Type, &type, &empty, &fits, &refill)) {
        return NULL;
    }
    class_counter_stop_type(type); /* the pool counts the objects from now on */
    if (type->tp_dealloc != interp.subtype_dealloc || !PyType_IS_GC(type) || type->tp_del != NULL) {
        return PyErr_Format(PyExc_TypeError, "cls=%R: only a class written in Python can be hooked", type);
    }
    Hook *self = (Hook *)metatype->tp_alloc(metatype, 0);
    if (self == NULL) {
        return NULL;
    }
    self->type = (PyTypeObject *)Py_NewRef(type);
    self->base = base_in_c(type);
    self->new_in_c = new_in_c(type);
    self->is_stateless = adds_nothing(self->base);
    self->container = empty == Py_None ? container_of(self->base) : NULL;
    bool is_builtin = empty != Py_None || container_of(self->base) != NULL;
    self->counts_late = !self->is_stateless && (!is_builtin || bypasses_alloc(self->base));
    self->has_dict = type->tp_dictoffset != 0;
    self->init_version = NO_VERSION;
    self->empty = unless_none(empty);
    self->fits = unless_none(fits);
    self->refill = unless_none(refill);
    if (!slots_find(type, self->base, &self->slots)) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int
hook_traverse(Hook *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->type);
    Py_VISIT(self->empty);
    Py_VISIT(self->fits);
    Py_VISIT(self->refill);
    for (size_t i = 0; self->overrides.slots != NULL && i <= self->overrides.mask; i++) {
        if (self->overrides.slots[i].object != NULL) {
            Py_VISIT(self->overrides.slots[i].store);
        }
    }
    return 0;
}

static int
hook_clear(Hook *self)
{
    /* Not the type: parked objects cannot be destroyed without it. A cycle is broken at what the class owns, or at the
       pool. */
    hook_release_store(self);
    return 0;
}

static void
hook_dealloc(Hook *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    hook_clear(self);
    slots_free(&self->slots);
    Py_XDECREF(self->empty);
    Py_XDECREF(self->fits);
    Py_XDECREF(self->refill);
    Py_XDECREF(self->type);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

bool
hook_check(PyObject *object)
{
    return Py_TYPE(object)->tp_dealloc == (destructor)hook_dealloc; /* the class has no subclasses */
}

static PyType_Slot hook_slots[] = {
    {Py_tp_doc, "The data of a class whose objects recycle themselves."},
    {Py_tp_new, hook_new},
    {Py_tp_traverse, hook_traverse},
    {Py_tp_clear, hook_clear},
    {Py_tp_dealloc, hook_dealloc},
    {0, NULL},
};

PyType_Spec hook_spec = {
    .name = "pooled._engine.native._native.Hook",
    .basicsize = sizeof(Hook),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = hook_slots,
};
