/* A callback for `gc.callbacks` that calls a function in Python. */

#ifndef POOLED_GC_CALLBACK_H
#define POOLED_GC_CALLBACK_H

#include "base/compat.h"

/* Returns a new callable for `gc.callbacks`, or NULL with an exception set. It calls `function` with the same arguments if
   the generation is at least `least`, an int. If the stack has no room for the call, it does nothing: CPython would print
   that error, which a program without pools does not have. */
PyObject *gc_callback_new(PyObject *function, PyObject *least);

#endif
