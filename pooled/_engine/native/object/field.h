/* One field: how its value is emptied, replaced, and prepared for the next use. */

#ifndef POOLED_FIELD_H
#define POOLED_FIELD_H

#include "base/compat.h"
#include "object/plan.h"

/* Empty the part in a place, or drop it. RECYCLED, or why its object cannot be kept. */
Outcome field_empty_part(Fields *fields, Field *field, PoolStore *store, PyObject **place);

/* Prepare the part in a place for its next use, or make one, if it is known how. False with an exception set. */
bool field_make_ready(const Field *field, PyObject **place);

#endif
