/* Methods of Store: its limits, and how deep its freelists are. */

#ifndef POOLED_STORE_LIMITS_H
#define POOLED_STORE_LIMITS_H

#include "pool/store.h"

/* limit(max, max_cap, follows) */
PyObject *store_limits_set(PoolStore *self, PyObject *args);

/* depths() */
PyObject *store_limits_depths(PoolStore *self, PyObject *ignored);

#endif
