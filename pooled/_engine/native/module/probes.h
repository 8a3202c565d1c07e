/* Probes: whether what rests on CPython's internals holds on the build that runs. */

#ifndef POOLED_PROBES_H
#define POOLED_PROBES_H

#include "base/compat.h"

/* Try everything out, and set `keeps_capacity`. False, with ImportError set, where the engine must not run at all. */
bool probes_run(void);

#endif
