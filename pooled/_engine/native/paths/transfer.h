/* Transfers: an object leaves its pool, or moves to another one. */

#ifndef POOLED_TRANSFER_H
#define POOLED_TRANSFER_H

#include "base/compat.h"
#include "pool/store.h"

/* Detach an object from its pool: its drop destroys it. Does nothing to an object of a class that is not hooked. False with
   MemoryError set. */
bool transfer_detach(PyObject *obj);

/* Do not count an object of a hooked class, which existed before the hook, when it is destroyed. False with MemoryError
   set. */
bool transfer_disown(PyObject *obj);

/* Make `store` responsible for an object. False with an exception set. */
bool transfer_adopt(PoolStore *store, PyObject *obj);

#endif
