/* Fields, one by one: how the value of one field is emptied, replaced, and made ready again. */

#ifndef POOLED_FIELD_H
#define POOLED_FIELD_H

#include "base/compat.h"
#include "object/plan.h"

/* Empty the part at a place, or drop it. RECYCLED, or why its object cannot be kept. */
Outcome field_empty_part(Fields *fields, Field *field, PoolStore *store, PyObject **place);

/* Give a place its default or its part, where that is known. False with an exception set. */
bool field_make_ready(const Field *field, PyObject **place);

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
