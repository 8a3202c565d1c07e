#include "object/destroy.h"

#include "base/attrs.h"
#include "base/gc_track.h"
#include "base/interp.h"
#include "object/debug_trace.h"
#include "pool/hook_table.h"
#include "pool/store.h"

enum { MAX_DEALLOCS = 8 };

/* The deallocs of this extension. Static, because a dealloc has no module to look it up in. Constant after the
   import. */
static struct {
    destructor items[MAX_DEALLOCS];
    int count; /* deallocs in `items` */
} registry;

#if COMPAT_FREE_THREADED

static int
visit_part(PyObject *part, void *Py_UNUSED(nothing))
{
    return PyObject_IS_GC(part) && compat_is_being_collected(part);
}

/* Whether an object that the collector found can be emptied as if its last reference had just been dropped.

   The collector has run the finalizers of the other objects that it found, or is going to run them: the user's code
   must not see these objects again. So the object must not refer to any of them, unless C alone empties it. C keeps
   none of them as a part, because the collector has a second reference to each. */
static bool
can_be_emptied(Hook *hook, PyObject *self)
{
    const PoolStore *store = hook->own_store;
    bool is_emptied_in_c = store->strategy <= STRATEGY_FIELDS && store->capacity == NULL && hook->empty == NULL;
    if (is_emptied_in_c && !has_override(&hook->overrides, self)) {
        return true;
    }
    return Py_TYPE(self)->tp_traverse(self, visit_part, NULL) == 0;
}

/* The object may be in no cycle: another thread dropped the last reference to it, and the drop waits in a queue of the
   thread that has made it. If the collector comes first, it takes over the queue, and treats such an object as one in a
   cycle. Here, the object leaves the collection, and is dropped as usual. */
void
destroy_no_finalizer(PyObject *self)
{
    Hook *hook = compat_only_collector_refers(self) ? hook_of(Py_TYPE(self)) : NULL;
    if (hook != NULL && can_be_emptied(hook, self)) {
        compat_leave_collection(self);
    }
}

#else

void
destroy_no_finalizer(PyObject *Py_UNUSED(self))
{
}

#endif

void
destroy_register_dealloc(destructor dealloc)
{
    for (int i = 0; i < registry.count; i++) {
        if (registry.items[i] == dealloc) {
            return; /* the module is imported a second time */
        }
    }
    if (registry.count == MAX_DEALLOCS) {
        Py_FatalError("pooled: too many deallocs");
    }
    registry.items[registry.count++] = dealloc;
}

static bool
is_registered(destructor dealloc)
{
    for (int i = 0; i < registry.count; i++) {
        if (registry.items[i] == dealloc) {
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

/* Count the effect of a finalizer on the object: it may have inserted it into a pool. `was_set`: the object had the
   override UNCOUNTED. If it is not set, there was no memory for the override. */
static COLD void
count_finalized(Hook *hook, PyObject *self, bool dies, bool was_set)
{
    if (!dies) {
        store_count(hook->own_store, INSERTED, was_set ? 0 : 1); /* it is counted again when it is dropped */
        return;
    }
    Override override = overrides_pop(&hook->overrides, self);
    if (override.object == NULL ? was_set : override.disposition != UNCOUNTED) {
        store_count(override.object != NULL ? override.store : hook->own_store, DISCARDED_REFUSED, 1);
    }
    Py_XDECREF(override.store);
}

/* Run the finalizer of an object of refcount 0. False if that resurrected it. Its outcome has been counted already. So
   it gets the override UNCOUNTED before the finalizer runs, and keeps it if it is resurrected. */
static bool
finalize(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (type->tp_finalize == NULL || type->tp_finalize == destroy_no_finalizer) {
        return true;
    }
    if (UNLIKELY(!PyType_IS_GC(type))) {
        /* The dealloc of a subclass has run the finalizer. Only a gc object records that, so it would run again
           here. */
        return true;
    }
    gc_track_fast(self); /* a resurrected object must be tracked */
    Hook *hook = hook_of(type);
    PyObject *pending = compat_take_exception();
    bool is_set = hook != NULL && overrides_set(&hook->overrides, self, hook->own_store, UNCOUNTED);
    if (!is_set) {
        PyErr_Clear();
    }
    compat_put_exception(pending);
    bool dies = PyObject_CallFinalizerFromDealloc(self) == 0;
    if (hook != NULL && hook == hook_of(type)) { /* else the pool ended meanwhile, and with it the overrides */
        count_finalized(hook, self, dies, is_set);
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
    if (LIKELY(PyType_IS_GC(type))) { /* a subclass can be without gc */
        gc_track_fast(self);          /* the collector still counts an object that gc_untrack_fast has untracked */
        PyObject_GC_UnTrack(self);
    }
    if (type->tp_weaklistoffset != 0 && base->tp_weaklistoffset == 0) {
        PyObject_ClearWeakRefs(self);
    }
    attrs_free(self, type, base);
    if (PyType_IS_GC(base)) {
        PyObject_GC_Track(self); /* the dealloc of a gc class expects a tracked object, and untracks it */
    }
    bool must_release_type = !(base->tp_flags & Py_TPFLAGS_HEAPTYPE); /* the dealloc of a heap type releases it */
    base->tp_dealloc(self);
    if (must_release_type) {
        Py_DECREF(type);
    }
    return true;
}

void
destroy_parked(PyObject *self)
{
    Py_INCREF(Py_TYPE(self)); /* destroy_object releases it */
    destroy_object(self);
}
