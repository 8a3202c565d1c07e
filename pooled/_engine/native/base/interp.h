/* Interpreter facts: functions and objects that CPython does not export, read at import from objects that refer to
   them. */

#ifndef POOLED_INTERP_H
#define POOLED_INTERP_H

#include "base/compat.h"

typedef struct {
    destructor subtype_dealloc;   /* the tp_dealloc of classes written in Python */
    initproc python_init;         /* the tp_init that calls an __init__ written in Python */
    newfunc python_new;           /* the tp_new that calls a __new__ written in Python */
    destructor python_finalize;   /* the tp_finalize that calls a __del__ written in Python */
    PyDictKeysObject *empty_keys; /* the static keys object that all dicts without a table share */
    PyObject *no_arguments;       /* (); set last, so it tells whether the rest is set */
    PyObject *empty_bytes_args;   /* (b"",) */
    PyObject *init_name;          /* "__init__", interned */
    PyObject *read_init_name;     /* "read_init", interned */
    PyObject *sizeof_name;        /* "__sizeof__", interned */
    PyObject *arrays_name;        /* "pooled._memory.arrays", interned: the module of the depots of arrays */
    PyObject *release_name;       /* "release", interned: its function that frees what they have parked */
} Interp;

/* Static, because a dealloc has no module to look it up in. Set at import, and constant afterwards. */
extern Interp interp;

/* Set the fields of `interp`. A second call does nothing. False with an exception set. */
bool interp_init(void);

#endif
