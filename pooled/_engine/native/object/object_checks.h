/* The checks of objects: invariants of field plans, and of an object that was emptied. */

#ifndef POOLED_OBJECT_CHECKS_H
#define POOLED_OBJECT_CHECKS_H

#include "base/checks.h"
#include "base/compat.h"
#include "pool/store.h"

#ifdef POOLED_CHECKS

/* Check a store with its field plan, and the state of this thread. On entry and exit of the paths. */
void object_check_path(PoolStore *store);

/* Check that nothing of its former life is left in an object that is parked, or is about to be. */
void object_check_parked(PoolStore *store, PyObject *self);

#endif
#endif
