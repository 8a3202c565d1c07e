/* Constants: what C and Python share is written in C, and exported by the module. */

#ifndef POOLED_CONSTANTS_H
#define POOLED_CONSTANTS_H

#include "base/compat.h"

/* Add STRATEGIES, COMPLETIONS, FIELD_KINDS and OUTCOMES to the module. -1 with an exception set. */
int constants_add(PyObject *module);

#endif
