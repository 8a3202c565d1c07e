/* Containers: how each builtin one is measured, and emptied with its room kept.

   They are emptied at refcount 0 and unknown to the collector, so nobody sees them half empty. */

#ifndef POOLED_CONTAINERS_H
#define POOLED_CONTAINERS_H

#include "base/compat.h"

typedef struct Container Container;

struct Container {
    PyTypeObject *type;
    /* Whether the object has room for more than `cap` elements, or bytes. */
    bool (*is_above)(const Container *kind, PyObject *self, Py_ssize_t cap);
    /* Empty the object, its room kept as far as that goes. One that has been nearly empty counts in `sparse`, and
       every fourth of these gives its room back. False where it cannot be done; that has been reported then. */
    bool (*empty)(const Container *kind, PyObject *self, unsigned *sparse);
};

/* Find the containers, once. False with an exception set. */
bool containers_find(void);

/* The container that `type` is or inherits from, or NULL. */
const Container *container_of(PyTypeObject *type);

/* Whether objects of `type` itself, of the standard library, are emptied as that is: it is a container, or Counter. */
bool container_is_stock(PyTypeObject *type);

/* Whether objects of a class, whose nearest base in C is given, are containers that need no __init__ to be empty. */
bool container_needs_no_init(PyTypeObject *type, PyTypeObject *base);

/* Whether it is defaultdict, which forgets its default_factory when it is emptied; or deque, which forgets its maxlen. */
bool container_is_defaultdict(PyTypeObject *type);
bool container_is_deque(PyTypeObject *type);

#endif
