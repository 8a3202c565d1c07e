/* Trimming: parked objects are destroyed, because limits changed, because they were not needed, or at the end of a thread or
   of the interpreter. Finalizers may run in all of these, and with them any code. */

#ifndef POOLED_TRIM_H
#define POOLED_TRIM_H

#include "base/compat.h"
#include "pool/store.h"

/* Destroy the parked objects of a pool beyond `keep` on each freelist, in all threads, oldest first. */
void trim_to(PoolStore *store, Py_ssize_t keep);

/* Destroy the `count` oldest on the freelist that this thread uses. Returns the number. */
Py_ssize_t trim_here(PoolStore *store, Py_ssize_t count);

/* Destroy half of the objects that were not needed since the last call, in all threads. Returns the number. */
Py_ssize_t trim_unused(PoolStore *store);

/* Call `function` while all other threads are stopped and the pool has nothing parked. Its parked objects are removed before
   that, and destroyed afterwards. False, without a call and an exception, if there is no memory. */
bool trim_run_empty(PoolStore *store, void (*function)(void *), void *argument);

/* Destroy all parked objects of all pools, and park none from now on. */
void trim_close_all(void);

/* Install the functions that run at the end of a thread, and after a failed allocation. At import. */
void trim_init(void);

#endif
