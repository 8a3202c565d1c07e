/* Tracking: how an object is removed from the cyclic collector's list of objects, and inserted again.

   PyObject_GC_UnTrack and PyObject_GC_Track are calls, and on newer versions they also count the tracked objects. The
   fast functions here change the links of the list and nothing else. Three invariants make that safe:

   - The links have the same form on all versions that are used this way. `gc_track_init` verifies it at import. If it
     does not hold, the fast functions call those of CPython.
   - The collector's count of tracked objects stays as it is. So an object that was untracked here is tracked here again
     before it is freed: then PyObject_GC_UnTrack removes it, and decrements the count.
   - The GIL is held, so the list does not change meanwhile.

   The order of the list matters. A collection visits the objects in this order. It moves an object to another list if none of
   the objects that refer to it was visited yet, and moves it back when it visits one of them. So an object is tracked before
   its parts, as if its `__init__` had made them. */

#ifndef POOLED_GC_TRACK_H
#define POOLED_GC_TRACK_H

#include "base/compat.h"

/* Find the collector's list of young objects. If that fails, the fast functions call those of CPython. */
void gc_track_init(void);

#if COMPAT_FREE_THREADED /* the collector has no list: a bit of the object says whether it is tracked */

static inline bool
gc_is_tracked(PyObject *self)
{
    return _PyObject_HAS_GC_BITS(self, _PyGC_BITS_TRACKED);
}

static inline void
gc_untrack_fast(PyObject *self)
{
    _PyObject_CLEAR_GC_BITS(self, _PyGC_BITS_TRACKED);
}

static inline void
gc_track_fast(PyObject *self)
{
    _PyObject_SET_GC_BITS(self, _PyGC_BITS_TRACKED);
}

static inline void
gc_track_last(PyObject *Py_UNUSED(self))
{
}

#else

/* The list of the youngest generation, which new objects enter. NULL if it is unknown. Static, because a dealloc has no
   module to look it up in. Set at import, and constant afterwards. */
extern PyGC_Head *gc_track_young;

enum { LINK_FLAGS = 3 }; /* the bits of a backward link that are flags and not part of the address */

static inline bool
gc_is_tracked(PyObject *self)
{
    return _Py_AS_GC(self)->_gc_next != 0;
}

/* Untrack an object, tracked or not. The steps are those of CPython's _PyObject_GC_UNTRACK: the finalized flag of the
   object and the flags of its neighbour are kept. */
static inline void
gc_untrack_fast(PyObject *self)
{
    PyGC_Head *head = _Py_AS_GC(self);
    if (UNLIKELY(head->_gc_next == 0)) {
        return;
    }
    if (UNLIKELY(gc_track_young == NULL)) {
        PyObject_GC_UnTrack(self);
        return;
    }
    PyGC_Head *previous = (PyGC_Head *)(head->_gc_prev & ~(uintptr_t)LINK_FLAGS);
    PyGC_Head *next = (PyGC_Head *)head->_gc_next;
    previous->_gc_next = (uintptr_t)next;
    next->_gc_prev = (uintptr_t)previous | (next->_gc_prev & LINK_FLAGS);
    head->_gc_next = 0;
    head->_gc_prev &= _PyGC_PREV_MASK_FINALIZED;
}

/* Track an object, tracked or not, in the youngest generation. The steps are those of CPython's _PyObject_GC_TRACK. */
static inline void
gc_track_fast(PyObject *self)
{
    PyGC_Head *head = _Py_AS_GC(self);
    if (UNLIKELY(head->_gc_next != 0)) {
        return;
    }
    if (UNLIKELY(gc_track_young == NULL)) {
        PyObject_GC_Track(self);
        return;
    }
    PyGC_Head *last = (PyGC_Head *)gc_track_young->_gc_prev;
    last->_gc_next = (uintptr_t)head;
    head->_gc_prev = (uintptr_t)last | (head->_gc_prev & _PyGC_PREV_MASK_FINALIZED);
    head->_gc_next = (uintptr_t)gc_track_young;
    gc_track_young->_gc_prev = (uintptr_t)head;
}

/* Move a tracked object to the end of the list. */
static inline void
gc_track_last(PyObject *self)
{
    gc_untrack_fast(self);
    gc_track_fast(self);
}

#endif

#endif
