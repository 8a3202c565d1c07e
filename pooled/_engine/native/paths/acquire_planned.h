/* Planned calls: cls(...) of a class whose `__init__` C can carry out. */

#ifndef POOLED_ACQUIRE_PLANNED_H
#define POOLED_ACQUIRE_PLANNED_H

#include "base/compat.h"
#include "pool/store.h"

enum {
    PLAN_AFTER = 16
}; /* calls after which `__init__` is read: with fewer calls, reading it costs more than it saves */

/* The tp_vectorcall of a class that has a plan, or may get one. NULL if it cannot have one. */
vectorcallfunc planned_vectorcall_for(PoolStore *own_store);

/* Read the `__init__` of the class now, if it was not read yet. -1 with an exception set. */
int planned_read(PoolStore *own_store);

/* Destroy the parked objects of a store, drop its plan, and give it other fields, or NULL. The `__init__` may be read again
   later. False, without an exception, if there is no memory. */
bool planned_change_fields(PoolStore *store, struct Fields *fields);

#endif
