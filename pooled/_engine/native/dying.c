#include "dying.h"

#include "attributes.h"
#include "drop.h"
#include "hook.h"
#include "learned.h"
#include "store.h"
#include "tracking.h"
#include "watching.h"

void
finalize_nothing(PyObject *Py_UNUSED(self))
{
}

PyTypeObject *
base_in_c(PyTypeObject *type)
{
    while (type->tp_dealloc == learned.subtype_dealloc || is_our_dealloc(type->tp_dealloc)) {
        type = type->tp_base;
    }
    return type;
}

/* Run the finalizer of an object of refcount 0. False where that saved it. What becomes of it has been counted by now, and
   its mark says so for as long as it lives. */
static bool
finalize(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (type->tp_finalize == NULL || type->tp_finalize == finalize_nothing) {
        return true;
    }
    if (UNLIKELY(!PyType_IS_GC(type))) { /* of a subclass, whose dealloc has run it: only gc objects note that */
        return true;
    }
    show(self); /* as it has to be if it is saved */
    Hook *hook = hook_of(type);
    PyObject *pending = compat_take_exception();
    if (hook != NULL && !marks_set(&hook->marks, self, hook->home, UNCOUNTED)) {
        PyErr_Clear();
    }
    compat_put_exception(pending);
    bool dies = PyObject_CallFinalizerFromDealloc(self) == 0;
    hook = hook_of(type);
    if (dies && hook != NULL) {
        Py_XDECREF(marks_pop(&hook->marks, self).store);
    }
    return dies;
}

bool
end_object(PyObject *self)
{
    if (!finalize(self)) {
        return false;
    }
    watch_ended(self);
    PyTypeObject *type = Py_TYPE(self); /* the finalizer may have changed it */
    PyTypeObject *base = base_in_c(type);
    if (LIKELY(PyType_IS_GC(type))) { /* a subclass can have been taken from the collector */
        show(self); /* what was hidden is counted still */
        PyObject_GC_UnTrack(self);
    }
    if (type->tp_weaklistoffset != 0 && base->tp_weaklistoffset == 0) {
        PyObject_ClearWeakRefs(self);
    }
    attributes_end(self, type, base);
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
end_parked(PyObject *self)
{
    Py_INCREF(Py_TYPE(self)); /* end_object lets go of it */
    end_object(self);
}
