#include "object/destroy.h"

#include "base/attrs.h"
#include "base/gc_track.h"
#include "base/interp.h"
#include "object/debug_trace.h"
#include "pool/hook_table.h"
#include "pool/store.h"

enum { DEALLOCS = 8 };

static struct {
    destructor ours[DEALLOCS];
    int count;
} registry; /* filled at import, never changed afterwards */

void
destroy_no_finalizer(PyObject *Py_UNUSED(self))
{
}

void
destroy_register_dealloc(destructor dealloc)
{
    for (int i = 0; i < registry.count; i++) {
        if (registry.ours[i] == dealloc) {
            return; /* the module is imported a second time */
        }
    }
    if (registry.count == DEALLOCS) {
        Py_FatalError("pooled: too many deallocs");
    }
    registry.ours[registry.count++] = dealloc;
}

static bool
is_registered(destructor dealloc)
{
    for (int i = 0; i < registry.count; i++) {
        if (registry.ours[i] == dealloc) {
            return true;
        }
    }
    return false;
}

PyTypeObject *
base_in_c(PyTypeObject *type)
{
    while (type->tp_dealloc == interp.subtype_dealloc || is_registered(type->tp_dealloc)) {
        type = type->tp_base;
    }
    return type;
}

/* Run the finalizer of an object of refcount 0. False where that saved it. What becomes of it has been counted by now, and
   its override says so for as long as it lives. */
static bool
finalize(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (type->tp_finalize == NULL || type->tp_finalize == destroy_no_finalizer) {
        return true;
    }
    if (UNLIKELY(!PyType_IS_GC(type))) { /* of a subclass, whose dealloc has run it: only gc objects note that */
        return true;
    }
    gc_track_fast(self); /* as it has to be if it is saved */
    Hook *hook = hook_of(type);
    PyObject *pending = compat_take_exception();
    if (hook != NULL && !overrides_set(&hook->overrides, self, hook->own_store, UNCOUNTED)) {
        PyErr_Clear();
    }
    compat_put_exception(pending);
    bool dies = PyObject_CallFinalizerFromDealloc(self) == 0;
    hook = hook_of(type);
    if (dies && hook != NULL) {
        Py_XDECREF(overrides_pop(&hook->overrides, self).store);
    }
    return dies;
}

bool
destroy_object(PyObject *self)
{
    if (!finalize(self)) {
        return false;
    }
    trace_ended(self);
    PyTypeObject *type = Py_TYPE(self); /* the finalizer may have changed it */
    PyTypeObject *base = base_in_c(type);
    if (LIKELY(PyType_IS_GC(type))) { /* a subclass can have been taken from the collector */
        gc_track_fast(self); /* what was hidden is counted still */
        PyObject_GC_UnTrack(self);
    }
    if (type->tp_weaklistoffset != 0 && base->tp_weaklistoffset == 0) {
        PyObject_ClearWeakRefs(self);
    }
    attrs_free(self, type, base);
    if (PyType_IS_GC(base)) {
        PyObject_GC_Track(self); /* its dealloc untracks it */
    }
    bool ours = !(base->tp_flags & Py_TPFLAGS_HEAPTYPE); /* else its dealloc lets go of the type */
    base->tp_dealloc(self);
    if (ours) {
        Py_DECREF(type);
    }
    return true;
}

void
destroy_parked(PyObject *self)
{
    Py_INCREF(Py_TYPE(self)); /* destroy_object lets go of it */
    destroy_object(self);
}
