/* Fields by name: how fields are emptied and filled that are in a dict, or whose place among the values of their object is
   not known. This is the slow path, for an object whose dict was looked at, and for the first objects of a class. */

#ifndef POOLED_FIELDS_SLOW_H
#define POOLED_FIELDS_SLOW_H

#include "base/compat.h"
#include "object/plan.h"

/* What `fields_empty` and `fields_track_parts` do. */
Outcome fields_slow_empty(Fields *fields, PoolStore *store, PyObject *self);
void fields_slow_track_parts(Fields *fields, PyObject *self);

/* What `fields_make_ready` does, except that the object stays untracked. */
bool fields_slow_make_ready(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords);

#endif
