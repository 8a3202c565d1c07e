/* Probes: whether what rests on CPython's internals holds on the build that runs. */

#ifndef POOLED_PROBES_H
#define POOLED_PROBES_H

#include "compat.h"

/* Try everything out, and set `keeps`. False, with ImportError set, where the engine must not run at all. */
bool probe(void);

#endif
