/* Prefilling: new objects that are parked before anybody has used them. */

#ifndef POOLED_PREFILL_H
#define POOLED_PREFILL_H

#include "base/compat.h"
#include "pool/store.h"

/* Make an object and park it. 1, or 0 where it cannot be parked, or -1 with an exception set. */
int prefill_one(PoolStore *store);

#endif
