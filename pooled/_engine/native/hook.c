#include "hook.h"

#include "construct.h"
#include "drop.h"
#include "dying.h"
#include "learned.h"
#include "store.h"

/* Static, since deallocs have nothing else to go by. Whoever has the GIL may change it. */
static HookEntry first_table[64];
HookEntry *hook_table = first_table;
size_t hook_mask = 63;
static size_t hook_count;

/* ---- the table ---- */

static void
place(HookEntry *table, size_t mask, HookEntry entry)
{
    uintptr_t address = (uintptr_t)entry.type;
    size_t i = (address >> 4) ^ (address >> 12);
    while (table[i & mask].type != NULL) {
        i++;
    }
    table[i & mask] = entry;
}

/* Put all entries but that of `without` into a table of this size. False with MemoryError set. */
static bool
rebuild(size_t size, PyTypeObject *without)
{
    HookEntry *table = PyMem_Calloc(size, sizeof(HookEntry));
    if (table == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (size_t i = 0; i <= hook_mask; i++) {
        if (hook_table[i].type != NULL && hook_table[i].type != without) {
            place(table, size - 1, hook_table[i]);
        }
    }
    if (hook_table != first_table) {
        PyMem_Free(hook_table);
    }
    hook_table = table;
    hook_mask = size - 1;
    return true;
}

static bool
table_add(Hook *hook)
{
    size_t size = hook_mask + 1;
    if ((hook_count + 1) * 4 > size && !rebuild(size * 2, NULL)) {
        return false;
    }
    place(hook_table, hook_mask, (HookEntry){hook->type, hook});
    hook_count++;
    return true;
}

static void
table_remove(Hook *hook)
{
    if (hook_of(hook->type) != hook) {
        return;
    }
    hook_count--;
    if (!rebuild(hook_mask + 1, hook->type)) {
        PyErr_Clear(); /* the entry stays where others may be behind it, and says that there is no hook */
        for (size_t i = 0; i <= hook_mask; i++) {
            if (hook_table[i].type == hook->type) {
                hook_table[i].hook = NULL;
            }
        }
    }
}

/* ---- installing ---- */

void
hook_install(Hook *hook, PoolStore *home, PyObject *new_own)
{
    PyTypeObject *type = hook->type;
    hook->home = home;
    hook->alloc = type->tp_alloc;
    Py_INCREF(new_own);
    Py_XSETREF(hook->new_own, new_own);
    type->tp_alloc = alloc_pooled;
    type->tp_dealloc = dealloc_pooled;
    type->tp_vectorcall = call_pooled;
    if (type->tp_finalize == NULL) {
        type->tp_finalize = finalize_nothing;
    }
    compat_allow_vectorcall(Py_TYPE(type));
    PyType_Modified(type);
}

void
hook_release_home(Hook *hook)
{
    hook->home = NULL;
    marks_clear(&hook->marks);
}

/* ---- the class Hook ---- */

static PyObject *
unless_none(PyObject *object)
{
    return object == Py_None ? NULL : Py_NewRef(object);
}

static PyObject *
hook_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"cls", "allocate", "is_plain", "empty", "fits", "refill", NULL};
    PyTypeObject *type;
    PyObject *allocate, *empty, *fits, *refill;
    int is_plain;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!O$pOOO:Hook", names, &PyType_Type, &type, &allocate, &is_plain, &empty, &fits, &refill)) {
        return NULL;
    }
    if (type->tp_dealloc != learned.subtype_dealloc || !PyType_IS_GC(type) || type->tp_del != NULL) {
        return PyErr_Format(PyExc_TypeError, "cls=%R: only a class written in Python can be hooked", type);
    }
    Hook *self = (Hook *)metatype->tp_alloc(metatype, 0);
    if (self == NULL) {
        return NULL;
    }
    self->type = (PyTypeObject *)Py_NewRef(type);
    self->base = base_in_c(type);
    self->container = empty == Py_None ? container_of(self->base) : NULL;
    self->has_dict = type->tp_dictoffset != 0;
    self->is_plain = is_plain;
    self->allocate = Py_NewRef(allocate);
    self->empty = unless_none(empty);
    self->fits = unless_none(fits);
    self->refill = unless_none(refill);
    if (!slots_find(type, self->base, &self->slots) || !table_add(self)) {
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
    Py_VISIT(self->new_own);
    Py_VISIT(self->allocate);
    Py_VISIT(self->empty);
    Py_VISIT(self->fits);
    Py_VISIT(self->refill);
    for (size_t i = 0; self->marks.slots != NULL && i <= self->marks.mask; i++) {
        if (self->marks.slots[i].object != NULL) {
            Py_VISIT(self->marks.slots[i].store);
        }
    }
    return 0;
}

static int
hook_clear(Hook *self)
{
    hook_release_home(self);
    if (self->type != NULL) {
        table_remove(self);
    }
    Py_CLEAR(self->new_own);
    Py_CLEAR(self->allocate);
    Py_CLEAR(self->empty);
    Py_CLEAR(self->fits);
    Py_CLEAR(self->refill);
    Py_CLEAR(self->type);
    return 0;
}

static void
hook_dealloc(Hook *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    hook_clear(self);
    slots_free(&self->slots);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyType_Slot hook_slots[] = {
    {Py_tp_doc, "What is known of a class whose objects recycle themselves."},
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
