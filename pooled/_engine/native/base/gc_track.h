/* Tracking: how objects are hidden from the cyclic collector, and shown to it again.

   To gc_untrack_fast one is less than to untrack it: nothing is touched but the links of the list that it is in, which have been
   the same for all versions; that the collector may count its objects is left alone. So what was hidden is shown again
   before it dies. Where the links are not what they were interp to be, both are left to Python. */

#ifndef POOLED_GC_TRACK_H
#define POOLED_GC_TRACK_H

#include "base/compat.h"

/* Find the list, if it can be found. */
void gc_track_init(void);

#if COMPAT_FREE_THREADED /* there are no lists: it is a bit of the object */

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

#else

/* The list that new objects come into; NULL: not known. Static, since deallocs have nothing else to go by; set at import,
   and never again. */
extern PyGC_Head *gc_track_young;

enum { LINK_FLAGS = 3 }; /* the bits of the backward link that are no address */

static inline bool
gc_is_tracked(PyObject *self)
{
    return _Py_AS_GC(self)->_gc_next != 0;
}

/* Hide an object, shown or not. */
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

/* Show an object, hidden or not. */
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

#endif

#endif
