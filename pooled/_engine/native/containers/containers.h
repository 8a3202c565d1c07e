/* Containers: how each builtin container is measured, and cleared with its capacity kept. clear_inline.h has the parts
   that other files inline. */

#ifndef POOLED_CONTAINERS_H
#define POOLED_CONTAINERS_H

#include "base/compat.h"

typedef struct Container Container;

struct Container {
    PyTypeObject *type; /* a builtin class, or one of the standard library; a strong reference, or static */
    /* Whether the capacity of an object is more than `cap`, in elements or bytes. The object can be of refcount 0. */
    bool (*is_above)(const Container *kind, PyObject *self, Py_ssize_t cap);
    /* Clear an object, and keep its capacity where possible. `sparse` counts objects that used little of their
       capacity; every fourth of these is shrunk. The object must meet the conditions of clear_inline.h. False if it
       failed; then the exception has been reported. */
    bool (*empty)(const Container *kind, PyObject *self, int *sparse);
};

/* Find the classes of the containers. A second call does nothing. False with an exception set. */
bool containers_find(void);

/* The container that `type` is or inherits from, or NULL. */
const Container *container_of(PyTypeObject *type);

/* Whether an object of exactly this class can be cleared in C with no step of its own: `type` is one of the containers,
   or collections.Counter. */
bool container_is_stock(PyTypeObject *type);

/* Whether objects of `type` are containers that can be used without a call of `__init__`: the class does not override
   it. `base` is the nearest base written in C. */
bool container_needs_no_init(PyTypeObject *type, PyTypeObject *base);

/* Whether the class is defaultdict, whose clearing resets `default_factory`. */
bool container_is_defaultdict(PyTypeObject *type);

/* Whether the class is deque, whose clearing resets `maxlen`. */
bool container_is_deque(PyTypeObject *type);

/* Do what deque.__init__ does to an empty deque with `items`. False with an exception set. fill_inline.h has what fills
   the others. */
bool deque_fill(PyObject *self, PyObject *items);

#endif
