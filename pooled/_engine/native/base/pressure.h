/* Memory pressure: how the engine retries an allocation that has failed.

   It frees the memory that the depots of arrays have parked. It also schedules a trim of all pools for later, because
   trimming may run any code. Then the caller tries once more. */

#ifndef POOLED_PRESSURE_H
#define POOLED_PRESSURE_H

#include "base/compat.h"

/* Whether to try again after an allocation that raised: only after MemoryError, which is cleared then. */
bool pressure_relieve(void);

/* The same after an allocation that sets no exception. An exception in flight stays set. */
void pressure_give_back(void);

/* Called soon after an allocation has failed, on the main thread, before the functions in Python. It needs no memory, and is
   set once, at import. */
extern void (*pressure_trim)(void);

/* Add a function in Python to call then. False with an exception set. */
bool pressure_add_trim(PyObject *function);

/* Call none of them from now on. */
void pressure_close(void);

#endif
