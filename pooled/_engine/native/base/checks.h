/* Checks: invariants that the checked build verifies (POOLED_CHECKS). The usual build compiles none of them. */

#ifndef POOLED_CHECKS_H
#define POOLED_CHECKS_H

#include "base/compat.h"

#ifdef POOLED_CHECKS

/* Abort the process with the condition that does not hold. */
void checks_fail(const char *file, int line, const char *condition);

#define CHECK(condition) (LIKELY(condition) ? (void)0 : checks_fail(__FILE__, __LINE__, #condition))

/* A call that is compiled into the checked build alone. */
#define CHECKED(call) (call)

#else

#define CHECK(condition) ((void)0)
#define CHECKED(call) ((void)0)

#endif
#endif
