#include "parts.h"

#include "asking.h"
#include "attributes.h"
#include "fields.h"
#include "hook.h"

void
part_learn(Part *part, PyTypeObject *type, PyObject *keep, bool in_c, PyObject *restore)
{
    const Container *container = container_of(type);
    *part = (Part){
        .type = (PyTypeObject *)Py_NewRef(type),
        .container = container,
        .keep = Py_NewRef(keep),
        .restore = unless_none(restore),
        .kind = hook_of(type) != NULL          ? A_POOLABLE
                : !in_c || container == NULL   ? BY_PYTHON
                : type == &PyList_Type         ? A_LIST
                : type == &PyDict_Type         ? A_DICT
                : type == &PySet_Type          ? A_SET
                : type == &PyByteArray_Type    ? A_BYTEARRAY
                                               : A_CONTAINER,
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

/* Attributes of its own, which some stock containers can be given, are not emptied with it. */
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
    return dict != NULL && (PyDict_GET_SIZE(dict) != 0 || !compat_is_alone(dict));
}

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

static PartFate
keep_container(Part *part, PoolStore *store, PyObject *value)
{
    const Container *container = part->container;
    if (has_attributes(value) || container->is_above(container, value, store->max_cap)) {
        return LET_GO;
    }
    part_hide(value);
    return container->empty(container, value, &part->sparse) && restore(part, value) ? KEPT : LET_GO;
}

/* Have the stock containers, which measure themselves while nobody has them, be measured at refcount 0. */
static bool
is_too_large_alive(PoolStore *pool, PyObject *value)
{
    const Container *container = pool->hook->container;
    return pool->measures && container->is_above(container, value, pool->max_cap);
}

/* Empty an object of a poolable class as its pool would, but for parking it. */
static Fate
empty_poolable(PoolStore *pool, PyObject *value)
{
    Hook *hook = pool->hook;
    if (pool->reset != NULL) {
        Fate fate = empty_by_reset(pool, value);
        return fate == RECYCLED && is_too_large_alive(pool, value) ? DISCARDED_LARGE : fate;
    }
    if (is_too_large_alive(pool, value)) {
        return DISCARDED_LARGE;
    }
    Fate fate = pool->capacity != NULL || hook->empty != NULL ? empty_in_python(pool, value) : RECYCLED;
    if (fate != RECYCLED || !is_alone(value)) {
        return fate;
    }
    part_hide(value); /* again: a dict tracks itself when something is put in */
    return pool->fields != NULL ? empty_by_fields(pool, value) : scrub(pool, value);
}

/* Whether objects of a poolable class can be used again without their __init__, or what it calls at its end. */
static bool
needs_no_init(const PoolStore *pool)
{
    if (pool->reset != NULL) {
        return true;
    }
    return pool->fields != NULL ? !pool->fields->finishes : is_idle_container(pool->hook->type, pool->hook->base);
}

static PartFate
keep_poolable(PyObject *value)
{
    Hook *hook = hook_of(Py_TYPE(value));
    if (hook == NULL || compat_is_finalized(value) || has_mark(&hook->marks, value)) {
        return LET_GO; /* it is to die, or to go to another pool */
    }
    if (!needs_no_init(hook->home) || here.depth >= DEEPEST) {
        return LET_GO; /* so that it is dropped, and waits for its turn where it hangs too deep */
    }
    here.depth++;
    PoolStore *pool = hook->home;
    store_hold(pool);
    PyTypeObject *type = Py_TYPE(value);
    PyObject *pending = compat_take_exception();
    Fate fate = empty_poolable(pool, value);
    bool has_moved = has_mark(&pool->hook->marks, value);
    compat_put_exception(pending);
    store_release(pool);
    here.depth--;
    if (fate != RECYCLED || has_moved || Py_TYPE(value) != type || !is_alone(value)) {
        show(value); /* it goes its own way */
        return fate == DISCARDED_ERROR ? BROKEN : LET_GO;
    }
    part_hide(value);
    return KEPT;
}

static PartFate
keep_by_python(Part *part, PoolStore *store, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    PyObject *pending = compat_take_exception();
    PyObject *cap = PyLong_FromSsize_t(store->max_cap);
    PyObject *answer = cap == NULL ? NULL : PyObject_CallFunctionObjArgs(part->keep, value, cap, NULL);
    int is_kept = answer == NULL ? -1 : PyObject_IsTrue(answer);
    Py_XDECREF(cap);
    Py_XDECREF(answer);
    if (is_kept < 0) {
        report_error(store, store->hook->type);
    }
    compat_put_exception(pending);
    if (is_kept <= 0 || Py_TYPE(value) != type || !is_alone(value)) {
        return is_kept < 0 ? BROKEN : LET_GO;
    }
    part_hide(value);
    return KEPT;
}

/* What has to be restored of a defaultdict; NULL where that cannot be had. */
static PyObject *
what_it_makes(PyObject *value)
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

/* One of whatever class, as one of its class. */
static PartFate
keep_anything(Part *part, PoolStore *store, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    PyObject *kept = is_defaultdict(type) ? what_it_makes(value) : Py_NewRef(Py_None);
    if (kept == NULL) {
        return LET_GO;
    }
    Part found;
    part_learn(&found, type, part->keep, is_emptied_so(type) && !is_deque(type), kept);
    Py_DECREF(kept);
    found.sparse = part->sparse;
    PartFate fate = part_keep(&found, store, value);
    part->sparse = found.sparse;
    part_free(&found);
    return fate;
}

PartFate
part_keep(Part *part, PoolStore *store, PyObject *value)
{
    if (part->kind == ANYTHING) {
        return keep_anything(part, store, value);
    }
    if (Py_TYPE(value) != part->type || !is_alone(value)) {
        return LET_GO;
    }
    bool is_kept;
    switch (part->kind) { /* before one is emptied it is hidden, so that nobody sees it half empty */
    case A_LIST:
        hide(value);
        is_kept = !list_is_above(value, store->max_cap) && list_empty(value, &part->sparse);
        break;
    case A_DICT:
        hide(value);
        is_kept = !dict_is_above(value, store->max_cap) && !compat_dict_is_watched((PyDictObject *)value)
                  && dict_empty(value, &part->sparse);
        break;
    case A_SET:
        hide(value);
        is_kept = !set_is_above(value, store->max_cap) && set_empty(value, &part->sparse);
        break;
    case A_BYTEARRAY:
        is_kept = !bytearray_is_above(value, store->max_cap) && bytearray_empty(value, &part->sparse);
        break;
    case A_CONTAINER:
        return keep_container(part, store, value);
    case A_POOLABLE:
        return keep_poolable(value);
    default:
        return keep_by_python(part, store, value);
    }
    return is_kept ? KEPT : LET_GO;
}

/* ---- making ---- */

PyObject *
part_make(const Part *part, PyObject *make)
{
    bool is_class = make == (PyObject *)part->type; /* then the shortest way will do */
    switch (is_class ? part->kind : ANYTHING) {
    case A_LIST:
        return PyList_New(0);
    case A_DICT:
        return PyDict_New();
    case A_SET:
        return PySet_New(NULL);
    default:
        return PyObject_CallNoArgs(make);
    }
}

bool
part_make_ready(const Part *part, PyObject *value)
{
    if (part->kind != A_POOLABLE && part->kind != ANYTHING) {
        return true;
    }
    Hook *hook = hook_of(Py_TYPE(value));
    if (hook == NULL || hook->home->fields == NULL || is_shown(value)) {
        return true;
    }
    return fields_make_ready(hook->home->fields, value, NULL, NULL);
}
