/* Fields by name: how fields are emptied and filled that are in a dict, or whose index in the values is unknown.

   This is the slow path. It serves objects whose `__dict__` was accessed, and the first objects of a class. */

#ifndef POOLED_FIELDS_SLOW_H
#define POOLED_FIELDS_SLOW_H

#include "base/compat.h"
#include "object/plan.h"

/* The slow paths of `fields_empty` and `fields_track_parts`. */
Outcome fields_slow_empty(Fields *fields, PoolStore *store, PyObject *self);
void fields_slow_track_parts(Fields *fields, PyObject *self);

/* The slow path of `fields_make_ready`. The object stays untracked. */
bool fields_slow_make_ready(Fields *fields, PyObject *self);

#endif
