/* What CPython does not export, learned from objects that show it. The same for the life of the process. */

#ifndef POOLED_INTERP_H
#define POOLED_INTERP_H

#include "base/compat.h"

typedef struct {
    destructor subtype_dealloc;  /* how instances of classes written in Python die */
    initproc python_init;        /* the tp_init that calls an __init__ written in Python */
    newfunc python_new;          /* the tp_new that calls a __new__ written in Python */
    PyDictKeysObject *empty_keys;  /* the table of all dicts that have none */
    PyObject *no_arguments;      /* () */
    PyObject *empty_bytes_args;       /* (b"",) */
    PyObject *init_name;         /* "__init__" */
    PyObject *new_name;          /* "__new__" */
    PyObject *sizeof_name;       /* "__sizeof__" */
} Interp;

extern Interp interp;

/* Fill it in, once. False with an exception set. */
bool interp_init(void);

#endif
