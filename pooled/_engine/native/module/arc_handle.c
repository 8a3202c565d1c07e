#include "module/arc_handle.h"

#include "base/gc_track.h"
#include "module/arc_state.h"

/* ---- spare handles ---- */

/* The memory of dropped handles of one kind, for new ones. These objects have refcount 0, no cell and no reference to
   their class, and the collector does not track them. Unlike a value, a handle has nothing that has to be released
   soon, so a few are kept outside of all pools and counts. Static, because a dealloc has no module to look it up in;
   the GIL protects it. Without a GIL, none are kept: the allocator is fast there, and each thread has its own. */
enum { MOST_SPARES = COMPAT_FREE_THREADED ? 1 : 256 };

typedef struct {
    Handle *items[MOST_SPARES];
    int count;
    int room; /* MOST_SPARES, or 0 where none are kept */
} Spares;

static Spares arc_spares = {.room = COMPAT_FREE_THREADED ? 0 : MOST_SPARES};
static Spares tarc_spares = {.room = COMPAT_FREE_THREADED ? 0 : MOST_SPARES};

static void
spares_close(Spares *spares, PyTypeObject *type)
{
    spares->room = 0;
    while (type != NULL && spares->count > 0) {
        PyObject *self = (PyObject *)spares->items[--spares->count];
        Py_SET_TYPE(self, type); /* its class may belong to an unloaded module; the layout is the same */
        gc_track_fast(self);     /* the collector still counts it: see gc_track.h */
        PyObject_GC_UnTrack(self);
        PyObject_GC_Del(self);
    }
}

void
handles_close(PyTypeObject *arc_type, PyTypeObject *tarc_type)
{
    spares_close(&arc_spares, arc_type);
    spares_close(&tarc_spares, tarc_type);
}

/* ---- handles ---- */

static inline PyObject *
reuse(Spares *spares, PyTypeObject *type, PyObject *cell)
{
    Handle *self = spares->items[--spares->count];
    Py_SET_TYPE((PyObject *)self, (PyTypeObject *)Py_NewRef(type));
    compat_revive((PyObject *)self);
    self->cell = cell;
    gc_track_fast((PyObject *)self);
    return (PyObject *)self;
}

PyObject *
handle_new(PyTypeObject *type, PyObject *cell)
{
    if (LIKELY(type->tp_dealloc == arc_dealloc && arc_spares.count > 0)) {
        return reuse(&arc_spares, type, cell);
    }
    if (type->tp_dealloc == tarc_dealloc && tarc_spares.count > 0) {
        return reuse(&tarc_spares, type, cell);
    }
    Handle *self = (Handle *)type->tp_alloc(type, 0);
    if (UNLIKELY(self == NULL)) {
        Py_DECREF(cell);
        return NULL;
    }
    self->cell = cell;
    return (PyObject *)self;
}

/* Free a handle that has no weak references of Python's. Dropping the cell comes last, because it may run any code. */
static ALWAYS_INLINE void
dealloc(PyObject *self, bool is_plain, Spares *spares)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *cell = ((Handle *)self)->cell;
    if (LIKELY(is_plain && spares->count < spares->room)) {
        gc_untrack_fast(self);
        spares->items[spares->count++] = (Handle *)self;
    }
    else {
        PyObject_GC_UnTrack(self);
        type->tp_free(self);
    }
    Py_DECREF(type);
    Py_XDECREF(cell);
}

void
arc_dealloc(PyObject *self)
{
    bool is_plain = Py_TYPE(self)->tp_dealloc == arc_dealloc;
    if (UNLIKELY(((ArcHandle *)self)->weakrefs != NULL)) {
        is_plain = false;
        PyObject_GC_UnTrack(self); /* calling back may run a collection */
        PyObject_ClearWeakRefs(self);
    }
    dealloc(self, is_plain, &arc_spares);
}

void
tarc_dealloc(PyObject *self)
{
    dealloc(self, Py_TYPE(self)->tp_dealloc == tarc_dealloc, &tarc_spares);
}

/* There is no tp_clear: a cycle is broken at its cell. */
int
handle_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Handle *)self)->cell);
    return 0;
}

PyObject *
handle_cell(PyObject *self)
{
    PyObject *cell;
    COMPAT_BEGIN_CRITICAL_SECTION(self);
    cell = Py_XNewRef(((Handle *)self)->cell);
    COMPAT_END_CRITICAL_SECTION();
    if (UNLIKELY(cell == NULL)) {
        PyErr_SetString(PyExc_RuntimeError, "another thread has not finished this handle");
    }
    return cell;
}

PyObject *
handle_value(PyObject *self)
{
    PyObject *value = NULL;
    COMPAT_BEGIN_CRITICAL_SECTION(self);
    Cell *cell = (Cell *)((Handle *)self)->cell;
    if (LIKELY(cell != NULL)) {
        value = Py_XNewRef(cell->value);
    }
    COMPAT_END_CRITICAL_SECTION();
    if (UNLIKELY(value == NULL)) {
        PyErr_SetString(PyExc_AttributeError, "value");
    }
    return value;
}
