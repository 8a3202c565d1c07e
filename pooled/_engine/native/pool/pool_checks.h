/* The checks of pools: invariants of freelists, thread states, overrides, hooks and stores between two operations. */

#ifndef POOLED_POOL_CHECKS_H
#define POOLED_POOL_CHECKS_H

#include "base/checks.h"
#include "base/compat.h"
#include "pool/store.h"

#ifdef POOLED_CHECKS

/* Check a freelist that this thread may read. */
void pool_check_freelist(const Freelist *freelist);

/* Check the counts of a pool, added up: not more objects ended than came. */
void pool_check_counts(const Freelist *sum);

/* Check the overrides of single objects of a class. */
void pool_check_overrides(Overrides *overrides);

/* Check a hook that is in the table, and its entry. */
void pool_check_hook(const Hook *hook);

/* Check a store, its hook, and the freelist that this thread uses of it. */
void pool_check_store(PoolStore *store);

/* Check the state of this thread. */
void pool_check_thread(void);

/* Check an object of refcount 0 that is parked, or is about to be: how it is counted, tracked and referenced. */
void pool_check_parked(const PoolStore *store, PyObject *self);

#endif
#endif
