/* The class Hook of the module: Hook(cls, *, empty, fits, refill). */

#ifndef POOLED_HOOK_TYPE_H
#define POOLED_HOOK_TYPE_H

#include "base/compat.h"

extern PyType_Spec hook_spec;

/* Whether an object is an instance of that class, of whichever module. */
bool hook_check(PyObject *object);

#endif
