/* A callback of the garbage collector that records its pauses, and counts the types of young objects. */

#ifndef POOLED_GC_RECORDER_H
#define POOLED_GC_RECORDER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>

/* Eight buckets for each power of two of nanoseconds. */
enum { GENERATIONS = 3, BUCKETS = 65 * 8 };

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *get_objects; /* gc.get_objects */
    PyObject *module_of;   /* the getter of type.__module__, which runs no code of a metaclass */
    PyObject *types;       /* a dict: young objects that a census has found, by the name of their type */
    PyObject *generation;  /* the string "generation" */
    PyObject *youngest;    /* the number 0 */
    int64_t started;       /* when this collection started, 0 before the first, in nanoseconds as all times here */
    int64_t due;           /* when the next census may take place */
    int64_t every;         /* a census is taken at one collection in this many */
    int64_t countdown;
    int64_t share;    /* a census may take one nanosecond in this many */
    Py_ssize_t seen;  /* how many objects a census examines */
    Py_ssize_t names; /* how many type names are counted; further ones count as "others" */
    int64_t totals[GENERATIONS];
    int64_t longest[GENERATIONS];
    uint64_t counts[GENERATIONS][BUCKETS];
} Recorder;

extern PyType_Spec recorder_spec;

#endif
