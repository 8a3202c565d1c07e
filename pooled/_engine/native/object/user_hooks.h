/* User hooks: the functions in Python that reset, empty or measure an object. The object is alive while they run. */

#ifndef POOLED_USER_HOOKS_H
#define POOLED_USER_HOOKS_H

#include "base/compat.h"
#include "pool/store.h"

/* Report the current exception, raised while an object of `type` was recycled, to `report` of the store, and clear it.
   Returns DISCARDED_ERROR. */
Outcome user_hooks_report(PoolStore *store, PyTypeObject *type);

/* Whether the `capacity` of the store returns more than max_cap for an object. -1 with an exception set. */
int user_hooks_is_too_large(PoolStore *store, PyObject *self);

/* Call the `reset` of the store to empty an object, then `capacity` to measure it. RECYCLED, or why it cannot be
   kept. */
Outcome user_hooks_reset(PoolStore *store, PyObject *self);

/* Call `capacity` to measure an object, then the `empty` of the hook, if its container is emptied in Python. RECYCLED,
   or why the object cannot be kept. */
Outcome user_hooks_empty(PoolStore *store, PyObject *self);

#endif
