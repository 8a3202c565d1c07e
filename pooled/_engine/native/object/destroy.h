/* Dying: how an object really ends, as `subtype_dealloc` would end it if its class were not hooked. */

#ifndef POOLED_DESTROY_H
#define POOLED_DESTROY_H

#include "base/compat.h"

/* The finalizer of hooked classes that have none: it does nothing, and has the collector leave its override. */
void destroy_no_finalizer(PyObject *self);

/* The nearest base of `type` that was not written in Python: it ends what is left of an instance. */
PyTypeObject *base_in_c(PyTypeObject *type);

/* End an object of refcount 0, tracked or not, of a hooked class or of a subclass of one.
   False where its finalizer saved it; then it is alive. */
bool destroy_object(PyObject *self);

/* The same for an object that was parked, and has no reference to its class. */
void destroy_parked(PyObject *self);

#endif
