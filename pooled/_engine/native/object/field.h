/* One field: how its value is emptied, replaced, and prepared for the next use. */

#ifndef POOLED_FIELD_H
#define POOLED_FIELD_H

#include "base/compat.h"
#include "object/plan.h"

/* Empty the part in a place, or drop it. RECYCLED, or why its object cannot be kept. */
Outcome field_empty_part(Fields *fields, Field *field, PoolStore *store, PyObject **place);

/* Set a place to its default or its part, if one is known. False with an exception set. */
bool field_make_ready(const Field *field, PyObject **place);

/* Set a place to a value, which can be NULL, and release the former value. */
static inline void
field_set(PyObject **place, PyObject *value)
{
    PyObject *former = *place;
    if (former != value) {
        *place = Py_XNewRef(value);
        Py_XDECREF(former);
    }
}

#endif
