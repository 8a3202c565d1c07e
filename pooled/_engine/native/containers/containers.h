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

/* What was found at import to hold on this build; where not, the container's own way to clear itself is used, which
   gives its room back. */
typedef struct {
    bool list;
    bool dict;
    bool set;
    bool bytearray;
} Keeps;

extern Keeps keeps_capacity;

/* What CPython's own functions are called between, since an object may be dropped while an exception is on its way:
   sets that aside, and puts it back. Where the call was not `done`, what it raised is reported. Gives `done`. */
PyObject *begin_stock(void);
bool end_stock(PyObject *pending, bool done);

/* Find the containers, once. False with an exception set. */
bool containers_find(void);

/* The container that `type` is or inherits from, or NULL. */
const Container *container_of(PyTypeObject *type);

/* Whether objects of `type` itself, of the standard library, are emptied as that is: it is a container, or Counter. */
bool is_emptied_so(PyTypeObject *type);

/* Whether objects of a class, whose nearest base in C is given, are containers that need no __init__ to be empty. */
bool is_idle_container(PyTypeObject *type, PyTypeObject *base);

/* Whether it is defaultdict, which forgets its default_factory when it is emptied; or deque, which forgets its maxlen. */
bool is_defaultdict(PyTypeObject *type);
bool is_deque(PyTypeObject *type);

#endif
