/* Dying: how an object really ends, as `subtype_dealloc` would end it if its class were not hooked. */

#ifndef POOLED_DYING_H
#define POOLED_DYING_H

#include "compat.h"

/* The finalizer of hooked classes that have none: it does nothing, and has the collector leave its mark. */
void finalize_nothing(PyObject *self);

/* The nearest base of `type` that was not written in Python: it ends what is left of an instance. */
PyTypeObject *base_in_c(PyTypeObject *type);

/* End an object of refcount 0, tracked or not, of a hooked class or of a subclass of one.
   False where its finalizer saved it; then it is alive. */
bool end_object(PyObject *self);

/* The same for an object that was parked, and has no reference to its class. */
void end_parked(PyObject *self);

#endif
