#include "pool/hook_table.h"

#include "paths/acquire.h"
#include "paths/recycle.h"
#include "object/destroy.h"
#include "base/interp.h"
#include "pool/store.h"

/* Static, since deallocs have nothing else to go by. */
enum { FIRST_BITS = 8 };
static HookEntry first_table[1 << FIRST_BITS];
HookEntry *hook_table = first_table;
size_t hook_mask = (1 << FIRST_BITS) - 1;
int hook_shift = 64 - FIRST_BITS;
static size_t hook_count;

/* ---- the table ---- */

/* Put an entry into the first free place from its own on; there is one. */
static void
place(HookEntry entry)
{
    size_t i = hook_place(entry.type);
    while (hook_table[i].type != NULL) {
        i = (i + 1) & hook_mask;
    }
    hook_table[i] = entry;
}

/* Put all entries but that of `without` into a table twice as large or as large. False, without an exception, where
   there is no memory. */
static bool
rebuild(bool larger, PyTypeObject *without)
{
    size_t former_size = hook_mask + 1, size = larger ? former_size * 2 : former_size;
    HookEntry *former = hook_table, *table = PyMem_Calloc(size, sizeof(HookEntry));
    if (table == NULL) {
        return false;
    }
    hook_table = table;
    hook_mask = size - 1;
    hook_shift -= larger;
    for (size_t i = 0; i < former_size; i++) {
        if (former[i].type != NULL && former[i].type != without) {
            place(former[i]);
        }
    }
    if (former != first_table) {
        PyMem_Free(former);
    }
    return true;
}

static void
table_remove(Hook *hook)
{
    hook_count--;
    if (!rebuild(false, hook->type)) {
        hook_count++; /* the entry stays, since others may be behind it, and says that there is no hook */
        for (size_t i = 0; i <= hook_mask; i++) {
            if (hook_table[i].type == hook->type) {
                hook_table[i].hook = NULL;
            }
        }
    }
}

/* ---- installing ---- */

void
hook_adapt(Hook *hook)
{
    PoolStore *own_store = hook->own_store;
    bool starts_blank = own_store->reset == NULL && own_store->fields == NULL && hook->fits == NULL;
    hook->idle_init = starts_blank ? hook->base->tp_init : NULL;
    hook->type->tp_dealloc = recycle_dealloc_for(own_store);
    hook->type->tp_vectorcall = acquire_vectorcall_for(hook->type);
    PyType_Modified(hook->type);
}

typedef struct {
    Hook *hook;
    PoolStore *own_store;
    bool done;
} Installation;

static void
install(void *argument)
{
    Installation *installation = argument;
    Hook *hook = installation->hook;
    PyTypeObject *type = hook->type;
    if ((hook_count + 1) * 8 > hook_mask + 1 && !rebuild(true, NULL)) {
        return;
    }
    hook->own_store = installation->own_store;
    place((HookEntry){type, hook});
    hook_count++;
    hook->alloc = type->tp_alloc;
    type->tp_alloc = acquire_alloc;
    if (type->tp_finalize == NULL) {
        type->tp_finalize = destroy_no_finalizer;
    }
    compat_allow_vectorcall(Py_TYPE(type));
    installation->done = true;
}

bool
hook_install(Hook *hook, PoolStore *own_store, PyObject *new_own)
{
    Installation installation = {hook, own_store, false};
    lock_run_exclusive(install, &installation);
    if (!installation.done) {
        PyErr_NoMemory();
        return false;
    }
    Py_INCREF(new_own);
    Py_XSETREF(hook->new_own, new_own);
    hook_adapt(hook);
    return true;
}

static void
release_store(void *argument)
{
    Hook *hook = argument;
    if (hook->own_store != NULL) {
        hook->own_store = NULL;
        table_remove(hook);
    }
}

void
hook_release_store(Hook *hook)
{
    if (hook->own_store != NULL) {
        lock_run_exclusive(release_store, hook);
        overrides_clear(&hook->overrides);
    }
}

/* ---- the class Hook ---- */

/* The tp_new of the nearest class that has one which is not written in Python. */
static newfunc
new_in_c(PyTypeObject *type)
{
    while (type->tp_new == interp.python_new) {
        type = type->tp_base;
    }
    return type->tp_new;
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
    self->container = empty == Py_None ? container_of(self->base) : NULL;
    self->has_dict = type->tp_dictoffset != 0;
    self->is_plain = is_plain;
    self->init_version = self->new_version = NO_VERSION;
    self->allocate = Py_NewRef(allocate);
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
    Py_VISIT(self->new_own);
    Py_VISIT(self->allocate);
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
    /* Not the type: what is parked cannot end without it. Its dict, or the pool, is where a cycle is cut. */
    hook_release_store(self);
    Py_CLEAR(self->new_own);
    return 0;
}

static void
hook_dealloc(Hook *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    hook_clear(self);
    slots_free(&self->slots);
    Py_XDECREF(self->allocate);
    Py_XDECREF(self->empty);
    Py_XDECREF(self->fits);
    Py_XDECREF(self->refill);
    Py_XDECREF(self->type);
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
