/* Probes: assumptions about CPython internals are verified at import. */

#ifndef POOLED_PROBES_H
#define POOLED_PROBES_H

#include "base/compat.h"

/* Verify all of them, and set `keeps_capacity`. False, with ImportError set, where the engine cannot run. */
bool probes_run(void);

#endif
