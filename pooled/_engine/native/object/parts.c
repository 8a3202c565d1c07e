#include "object/parts.h"

#include "base/arguments.h"
#include "base/pressure.h"
#include "object/user_hooks.h"
#include "pool/hook_table.h"

void
part_init(Part *part, PyTypeObject *type, PyObject *keep, bool in_c, PyObject *restore)
{
    const Container *container = container_of(type);
    *part = (Part){
        .type = (PyTypeObject *)Py_NewRef(type),
        .container = container,
        .keep = Py_NewRef(keep),
        .restore = unless_none(restore),
        .kind = hook_of(type) != NULL        ? PART_POOLABLE
                : !in_c || container == NULL ? PART_PYTHON
                : type == &PyList_Type       ? PART_LIST
                : type == &PyDict_Type       ? PART_DICT
                : type == &PySet_Type        ? PART_SET
                : type == &PyByteArray_Type  ? PART_BYTEARRAY
                                             : PART_CONTAINER,
    };
}

void
part_free(Part *part)
{
    Py_XDECREF(part->type);
    Py_XDECREF(part->keep);
    Py_XDECREF(part->restore);
}

/* ---- emptying ---- */

/* Whether a container has attributes in a dict. Some stock containers can have them, and clearing keeps them. */
static bool
has_attributes(PyObject *value)
{
    PyObject *dict;
    CompatValues values;
    if (Py_TYPE(value)->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        if (compat_has_values(Py_TYPE(value)) && compat_values(value, &values)) {
            return *values.count != 0;
        }
        dict = compat_managed_dict(value);
    }
    else {
        PyObject **place = Py_TYPE(value)->tp_dictoffset != 0 ? _PyObject_GetDictPtr(value) : NULL;
        dict = place == NULL ? NULL : *place;
    }
    return dict != NULL && (PyDict_GET_SIZE(dict) != 0 || !compat_is_unique(dict));
}

/* Set the attribute that clearing has reset. False without an exception. */
static bool
restore(const Part *part, PyObject *value)
{
    if (part->restore == NULL) {
        return true;
    }
    PyObject *pending = compat_take_exception();
    bool done = PyObject_SetAttr(value, PyTuple_GET_ITEM(part->restore, 0), PyTuple_GET_ITEM(part->restore, 1)) == 0;
    if (!done) {
        PyErr_Clear();
    }
    compat_put_exception(pending);
    return done;
}

/* Clear a container that is cleared in C. */
static PartOutcome
keep_container(Part *part, PoolStore *store, PyObject *value)
{
    const Container *container = part->container;
    if (has_attributes(value) || container->is_above(container, value, store->max_cap)) {
        return PART_DROPPED;
    }
    part_untrack(value);
    return container->empty(container, value, &part->sparse) && restore(part, value) ? PART_KEPT : PART_DROPPED;
}

/* Empty an object of a poolable class as its pool does, without parking it. RECYCLED, or why it cannot be kept. */
static Outcome
empty_poolable(PoolStore *pool, PyObject *value)
{
    if (pool->reset != NULL) {
        Outcome outcome = user_hooks_reset(pool, value);
        return outcome == RECYCLED && store_is_too_large(pool, value) ? DISCARDED_LARGE : outcome;
    }
    if (store_is_too_large(pool, value)) {
        return DISCARDED_LARGE;
    }
    bool in_python = pool->capacity != NULL || pool->hook->empty != NULL;
    Outcome outcome = in_python ? user_hooks_empty(pool, value) : RECYCLED;
    if (outcome != RECYCLED || !part_is_unique(value)) {
        return outcome;
    }
    part_untrack(value); /* again: a dict tracks itself when an item is inserted */
    return pool->nested->empty(pool, value);
}

/* Whether an object of a poolable class can be used again without its `__init__`. */
static bool
needs_no_init(const PoolStore *pool)
{
    return pool->reset != NULL || pool->nested->needs_no_init(pool);
}

/* Empty an object of a poolable class. Functions of the user can run and end the pool, or keep a reference to the
   object. So the pool is held, and everything is checked again afterwards. */
static PartOutcome
keep_poolable(PyObject *value)
{
    Hook *hook = hook_of(Py_TYPE(value));
    if (hook == NULL || compat_is_finalized(value) || has_override(&hook->overrides, value)) {
        return PART_DROPPED; /* its drop destroys it, or recycles it into another pool */
    }
    if (!needs_no_init(hook->own_store) || this_thread.depth >= DEEPEST) {
        return PART_DROPPED; /* too deep: its drop waits for the outermost one, which limits the use of the stack */
    }
    this_thread.depth++;
    PoolStore *pool = hook->own_store;
    store_hold(pool);
    PyTypeObject *type = Py_TYPE(value);
    PyObject *pending = compat_take_exception();
    Outcome outcome = empty_poolable(pool, value);
    bool has_moved = has_override(&pool->hook->overrides, value);
    compat_put_exception(pending);
    store_release(pool);
    this_thread.depth--;
    if (outcome != RECYCLED || has_moved || Py_TYPE(value) != type || !part_is_unique(value)) {
        gc_track_fast(value); /* it is dropped, or has another owner */
        return outcome == DISCARDED_ERROR ? PART_ERROR : PART_DROPPED;
    }
    part_untrack(value);
    return PART_KEPT;
}

/* Have the function in Python empty a part. */
static PartOutcome
keep_in_python(Part *part, PoolStore *store, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    PyObject *pending = compat_take_exception();
    PyObject *cap = PyLong_FromSsize_t(store->max_cap);
    PyObject *answer = cap == NULL ? NULL : PyObject_CallFunctionObjArgs(part->keep, value, cap, NULL);
    int is_kept = answer == NULL ? -1 : PyObject_IsTrue(answer);
    Py_XDECREF(cap);
    Py_XDECREF(answer);
    if (is_kept < 0) {
        user_hooks_report(store, store->hook->type);
    }
    compat_put_exception(pending);
    if (is_kept <= 0 || Py_TYPE(value) != type || !part_is_unique(value)) {
        return is_kept < 0 ? PART_ERROR : PART_DROPPED;
    }
    part_untrack(value);
    return PART_KEPT;
}

/* The attribute of a defaultdict to restore, as a new pair of name and value. NULL without an exception. */
static PyObject *
default_factory_of(PyObject *value)
{
    PyObject *pending = compat_take_exception();
    PyObject *factory = PyObject_GetAttrString(value, "default_factory");
    PyObject *pair = factory == NULL ? NULL : Py_BuildValue("(sO)", "default_factory", factory);
    Py_XDECREF(factory);
    if (pair == NULL) {
        PyErr_Clear();
    }
    compat_put_exception(pending);
    return pair;
}

/* Empty a part of any class as a part of that class. */
static PartOutcome
keep_any_class(Part *part, PoolStore *store, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    PyObject *kept = container_is_defaultdict(type) ? default_factory_of(value) : Py_NewRef(Py_None);
    if (kept == NULL) {
        return PART_DROPPED;
    }
    Part found;
    part_init(&found, type, part->keep, container_is_stock(type) && !container_is_deque(type), kept);
    Py_DECREF(kept);
    found.sparse = compat_load_int(&part->sparse);
    PartOutcome outcome = part_keep(&found, store, value);
    compat_store_int(&part->sparse, found.sparse);
    part_free(&found);
    return outcome;
}

PartOutcome
part_keep(Part *part, PoolStore *store, PyObject *value)
{
    if (part->kind == PART_ANY) {
        return keep_any_class(part, store, value);
    }
    if (Py_TYPE(value) != part->type || !part_is_unique(value)) {
        return PART_DROPPED;
    }
    bool is_kept;
    switch (part->kind) { /* it is untracked before it is emptied, so that no code can see it half-cleared */
    case PART_LIST:
        gc_untrack_fast(value);
        is_kept = !list_is_above(value, store->max_cap) && list_empty(value, &part->sparse);
        break;
    case PART_DICT:
        gc_untrack_fast(value);
        is_kept = !dict_is_above(value, store->max_cap) && !compat_dict_is_watched((PyDictObject *)value)
                  && dict_empty(value, &part->sparse);
        break;
    case PART_SET:
        gc_untrack_fast(value);
        is_kept = !set_is_above(value, store->max_cap) && set_empty(value, &part->sparse);
        break;
    case PART_FRESH_SET:
        gc_untrack_fast(value);
        is_kept = set_refresh(value);
        break;
    case PART_BYTEARRAY:
        is_kept = !bytearray_is_above(value, store->max_cap) && bytearray_empty(value, &part->sparse);
        break;
    case PART_CONTAINER:
        return keep_container(part, store, value);
    case PART_POOLABLE:
        return keep_poolable(value);
    default:
        return keep_in_python(part, store, value);
    }
    return is_kept ? PART_KEPT : PART_DROPPED;
}

/* ---- making ---- */

PyObject *
part_make(const Part *part, PyObject *make)
{
    bool is_class = make == (PyObject *)part->type; /* then the constructor in C gives the same result */
    switch (is_class ? part->kind : PART_ANY) {
    case PART_LIST:
        return PyList_New(0);
    case PART_DICT:
        return PyDict_New();
    case PART_SET:
    case PART_FRESH_SET:
        return PySet_New(NULL);
    default:
        return PyObject_CallNoArgs(make);
    }
}

COLD PyObject *
part_make_again(const Part *part, PyObject *make)
{
    bool in_c = part->kind != PART_ANY && part->kind != PART_PYTHON && part->kind != PART_POOLABLE;
    bool has_effects = !in_c || make != (PyObject *)part->type; /* code in Python is not run twice */
    return !has_effects && pressure_relieve() ? part_make(part, make) : NULL;
}

bool
part_make_ready(const Part *part, PyObject *value)
{
    if (part->kind != PART_POOLABLE && part->kind != PART_ANY) {
        return true;
    }
    Hook *hook = hook_of(Py_TYPE(value));
    if (hook == NULL || gc_is_tracked(value)) {
        return true;
    }
    return hook->own_store->nested->make_ready(hook->own_store, value);
}
