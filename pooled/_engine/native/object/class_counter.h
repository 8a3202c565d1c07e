/* Class counters: count the objects of one class, and follow a sample of them, while a program runs under `advise`.

   A counter changes slots of its class, and nothing that Python code can read: neither the dict of the class, nor its
   bases, nor any attribute. A subclass written in Python inherits none of these slots; it needs a counter of its own.

   - tp_alloc counts the objects, because everything that creates one calls it: the class, `cls.__new__`, decoders.
   - tp_init is timed, unless it is that of `object`: `object.__new__` compares it to choose its checks of arguments.
   - tp_finalize notices the end of a sampled object. tp_dealloc would notice it more exactly, but `subtype_dealloc` does
     not work on a class with another tp_dealloc, and an assignment to `__class__` compares that slot.

   The functions in the slots run no Python code of their own, so the program cannot be interrupted there. */

#ifndef POOLED_CLASS_COUNTER_H
#define POOLED_CLASS_COUNTER_H

#include "base/compat.h"
#include "base/lock.h"

/* Where objects were created, and how many, estimated. */
typedef struct {
    PyObject *file; /* a string; a strong reference */
    int line;
    Py_ssize_t count;
} Place;

/* pooled/_cli/profile/class_profile.py explains the numbers. All times are in nanoseconds. */
typedef struct ClassCounter {
    PyObject_HEAD
    PyTypeObject *type; /* the class; a strong reference */
    PyObject *clock;    /* its attribute `excluded`: the seconds that the program's own code did not take; strong */
    PyObject *skipped;  /* a tuple of strings: code whose file begins with one of them creates no object; strong */
    bool is_counting;   /* whether the class has our slots */
    Py_ssize_t counted, mask;
    Py_ssize_t alive, peak, at_peak;
    Py_ssize_t dropped, elsewhere, collected;
    Py_ssize_t timed;
    int64_t making;
    double lived;
    Place *places; /* the counter owns the array */
    Py_ssize_t place_count;
} ClassCounter;

/* Whether a class can be counted without changing anything that Python code can read, and is not counted yet. */
bool class_counter_is_possible(PyTypeObject *type);

/* Count the objects of a class from now on. False with an exception set. */
bool class_counter_start(ClassCounter *counter);

/* Stop counting and restore the slots of the class. The numbers stay. A second call does nothing. */
void class_counter_stop(ClassCounter *counter);

/* Stop counting the objects of a class, if they are counted. */
void class_counter_stop_type(PyTypeObject *type);

/* Tell the counters whether this thread runs a garbage collection from now on. */
void class_counter_set_collecting(bool collects);

/* Forget all numbers, and the objects that are followed: a forked child counts its own objects. */
void class_counter_restart_all(void);

#endif
