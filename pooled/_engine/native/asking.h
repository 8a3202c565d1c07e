/* Asking: what a user's functions in Python make of an object that is alive, and say of it. */

#ifndef POOLED_ASKING_H
#define POOLED_ASKING_H

#include "compat.h"
#include "store.h"

/* Send the current exception, raised while an object of `type` was recycled, to where such things go. */
Fate report_error(PoolStore *store, PyTypeObject *type);

/* Whether the store's `capacity` says more than max_cap; -1 with an exception set. */
int asks_too_much(PoolStore *store, PyObject *self);

/* Have the store's `reset` empty an object, and `capacity` measure it. */
Fate empty_by_reset(PoolStore *store, PyObject *self);

/* Have `capacity` measure an object, and then empty the container where that is done in Python. */
Fate empty_in_python(PoolStore *store, PyObject *self);

#endif
