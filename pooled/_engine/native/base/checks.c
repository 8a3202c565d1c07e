#include "base/checks.h"

#ifdef POOLED_CHECKS

#include <stdio.h>

COLD void
checks_fail(const char *file, int line, const char *condition)
{
    char text[512];
    snprintf(text, sizeof(text), "pooled: %s:%d: this does not hold: %s", file, line, condition);
    Py_FatalError(text);
}

#else
typedef int checks_are_off; /* a C file needs a declaration */
#endif
