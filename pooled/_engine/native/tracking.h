/* Tracking: how objects are hidden from the cyclic collector, and shown to it again.

   To hide one is less than to untrack it: nothing is touched but the links of the list that it is in, which have been
   the same for all versions; that the collector may count its objects is left alone. So what was hidden is shown again
   before it dies. Where the links are not what they were learned to be, both are left to Python. */

#ifndef POOLED_TRACKING_H
#define POOLED_TRACKING_H

#include "compat.h"

/* Find the list, if it can be found. */
void tracking_learn(void);

#if COMPAT_FREE_THREADED /* there are no lists: it is a bit of the object */

static inline bool
is_shown(PyObject *self)
{
    return _PyObject_HAS_GC_BITS(self, _PyGC_BITS_TRACKED);
}

static inline void
hide(PyObject *self)
{
    _PyObject_CLEAR_GC_BITS(self, _PyGC_BITS_TRACKED);
}

static inline void
show(PyObject *self)
{
    _PyObject_SET_GC_BITS(self, _PyGC_BITS_TRACKED);
}

#else

/* The list that new objects come into; NULL: not known. Static, since deallocs have nothing else to go by; set at import,
   and never again. */
extern PyGC_Head *young;

enum { LINK_FLAGS = 3 }; /* the bits of the backward link that are no address */

static inline bool
is_shown(PyObject *self)
{
    return _Py_AS_GC(self)->_gc_next != 0;
}

/* Hide an object, shown or not. */
static inline void
hide(PyObject *self)
{
    PyGC_Head *head = _Py_AS_GC(self);
    if (UNLIKELY(head->_gc_next == 0)) {
        return;
    }
    if (UNLIKELY(young == NULL)) {
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
show(PyObject *self)
{
    PyGC_Head *head = _Py_AS_GC(self);
    if (UNLIKELY(head->_gc_next != 0)) {
        return;
    }
    if (UNLIKELY(young == NULL)) {
        PyObject_GC_Track(self);
        return;
    }
    PyGC_Head *last = (PyGC_Head *)young->_gc_prev;
    last->_gc_next = (uintptr_t)head;
    head->_gc_prev = (uintptr_t)last | (head->_gc_prev & _PyGC_PREV_MASK_FINALIZED);
    head->_gc_next = (uintptr_t)young;
    young->_gc_prev = (uintptr_t)head;
}

#endif

#endif
