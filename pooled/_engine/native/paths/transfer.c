#include "paths/transfer.h"

#include "object/debug_trace.h"
#include "object/object_checks.h"

bool
transfer_detach(PyObject *obj)
{
    Hook *hook = hook_of(Py_TYPE(obj));
    if (hook == NULL) {
        return true;
    }
    Override former;
    if (!overrides_exchange(&hook->overrides, obj, hook->own_store, UNCOUNTED, &former)) {
        return false;
    }
    if (former.object == NULL || former.disposition != UNCOUNTED) {
        store_count(former.object != NULL ? former.store : hook->own_store, DETACHED, 1);
    }
    CHECKED(object_check_path(hook->own_store));
    Py_XDECREF(former.store);
    trace_dropped(obj);
    return true;
}

bool
transfer_disown(PyObject *obj)
{
    Hook *hook = hook_of(Py_TYPE(obj));
    return hook == NULL || overrides_set(&hook->overrides, obj, hook->own_store, UNCOUNTED);
}

bool
transfer_adopt(PoolStore *store, PyObject *obj)
{
    Hook *hook = store->hook;
    if (hook_of(Py_TYPE(obj)) != hook) {
        PyErr_Format(PyExc_TypeError, "obj=%R: expected an object of %s itself, got %s; insert the object, not a proxy",
                     obj, hook->type->tp_name, Py_TYPE(obj)->tp_name);
        return false;
    }
    if (!trace_moved(store, obj)) {
        return false;
    }
    if (DEBUG_TRACE && hook_of(Py_TYPE(obj)) != hook) {
        PyErr_Format(PyExc_TypeError, "obj=%R: its class changed meanwhile", obj); /* `trace_moved` runs Python */
        return false;
    }
    Override former = overrides_find(&hook->overrides, obj);
    Disposition disposition = former.object == NULL || former.disposition == UNCOUNTED ? RETURNS : former.disposition;
    if (store == hook->own_store && disposition == RETURNS) {
        former = overrides_pop(&hook->overrides, obj);
    }
    else if (!overrides_exchange(&hook->overrides, obj, store, disposition, &former)) {
        return false;
    }
    CHECKED(object_check_path(store));
    store_count(store, INSERTED, 1);
    if (former.object == NULL || former.disposition != UNCOUNTED) {
        store_count(former.object != NULL ? former.store : hook->own_store, DETACHED, 1);
    }
    Py_XDECREF(former.store); /* the override may have had the last reference */
    return true;
}
