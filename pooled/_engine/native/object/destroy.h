/* Destruction: how an object is freed, as CPython's `subtype_dealloc` would free it if its class were not hooked.

   `subtype_dealloc` itself cannot be used. It searches the chain of bases for the first tp_dealloc other than itself,
   and treats it as the dealloc of the base. On a hooked class, this is our dealloc, so slots and dict would not be
   cleared, and our dealloc would be called again without end. */

#ifndef POOLED_DESTROY_H
#define POOLED_DESTROY_H

#include "base/compat.h"

/* The finalizer of hooked classes that have none. Because of it, the collector marks the objects that it finds as
   finalized. With a GIL, it does nothing. Without one, it removes objects that are in no cycle from the collection. */
void destroy_no_finalizer(PyObject *self);

/* Register a tp_dealloc of this extension, at import. The deallocs are in a layer above, and `base_in_c` skips them. */
void destroy_register_dealloc(destructor dealloc);

/* The nearest base of `type` that is written in C, borrowed. Its dealloc frees the memory of an instance. */
PyTypeObject *base_in_c(PyTypeObject *type);

/* Free an object of refcount 0, tracked or not, of a hooked class or of a subclass of one. Releases its reference to
   the class. False if its finalizer resurrected it. */
bool destroy_object(PyObject *self);

/* Free an object that was parked. A parked object has no reference to its class. */
void destroy_parked(PyObject *self);

#endif
