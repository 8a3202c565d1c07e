/* Destroying: how an object is really freed, as `subtype_dealloc` would free it if its class were not hooked. */

#ifndef POOLED_DESTROY_H
#define POOLED_DESTROY_H

#include "base/compat.h"

/* The finalizer of hooked classes that have none. It does nothing; with it, the collector marks objects as finalized. */
void destroy_no_finalizer(PyObject *self);

/* Register a tp_dealloc of ours, at import. Layers above own them; `base_in_c` has to skip them. */
void destroy_register_dealloc(destructor dealloc);

/* The nearest base of `type` that is written in C: its dealloc frees what is left of an instance. */
PyTypeObject *base_in_c(PyTypeObject *type);

/* Free an object of refcount 0, tracked or not, of a hooked class or of a subclass of one.
   False where its finalizer resurrected it. */
bool destroy_object(PyObject *self);

/* Free an object that was parked, and so has no reference to its class. */
void destroy_parked(PyObject *self);

#endif
