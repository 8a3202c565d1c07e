/* Weighing: the size of parked objects in bytes, measured on a sample. */

#ifndef POOLED_WEIGH_H
#define POOLED_WEIGH_H

#include "base/compat.h"
#include "pool/store.h"

/* The size in bytes of a sample of at most `limit` parked objects of a store, with their parts. Sets `*count` to the
   number of objects in the sample. */
size_t weigh_store(PoolStore *store, Py_ssize_t limit, Py_ssize_t *count);

#endif
