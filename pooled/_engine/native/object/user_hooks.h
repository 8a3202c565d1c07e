/* Asking: what a user's functions in Python make of an object that is alive, and say of it. */

#ifndef POOLED_USER_HOOKS_H
#define POOLED_USER_HOOKS_H

#include "base/compat.h"
#include "pool/store.h"

/* Send the current exception, raised while an object of `type` was recycled, to where such things go. */
Outcome user_hooks_report(PoolStore *store, PyTypeObject *type);

/* Whether the store's `capacity` says more than max_cap; -1 with an exception set. */
int user_hooks_is_too_large(PoolStore *store, PyObject *self);

/* Have the store's `reset` empty an object, and `capacity` measure it. */
Outcome user_hooks_reset(PoolStore *store, PyObject *self);

/* Have `capacity` measure an object, and then empty the container where that is done in Python. */
Outcome user_hooks_empty(PoolStore *store, PyObject *self);

#endif
