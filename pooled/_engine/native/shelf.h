/* Shelves: stacks of parked objects. A global pool has one, a local pool one for each thread.

   A parked object has refcount 0, is unknown to the collector and holds no reference to its class. A shelf owns its
   memory, and that is all it costs: its own memory and one pointer. */

#ifndef POOLED_SHELF_H
#define POOLED_SHELF_H

#include "compat.h"

struct PoolStore;

typedef struct {
    PyObject **objects;
    Py_ssize_t count;
    Py_ssize_t room;
    struct PoolStore *store; /* whose shelf it is, not referenced: it takes its shelves with it; or NULL */
} Shelf;

/* Make room for more. False, without an exception, where there is no memory. */
bool shelf_grow(Shelf *shelf);

/* Put an object under everything else. False, without an exception, where there is no memory. */
bool shelf_put_under(Shelf *shelf, PyObject *object);

/* Take out and end the `count` oldest, or all that there are; give their number: 0 where there is no memory to do it
   in. Runs finalizers. */
Py_ssize_t shelf_end_oldest(Shelf *shelf, Py_ssize_t count);

/* End all, and give back the memory. */
Py_ssize_t shelf_clear(Shelf *shelf);

static inline PyObject *
shelf_pop(Shelf *shelf)
{
    return shelf->count > 0 ? shelf->objects[--shelf->count] : NULL;
}

static inline bool
shelf_put(Shelf *shelf, PyObject *object)
{
    if (UNLIKELY(shelf->count == shelf->room) && !shelf_grow(shelf)) {
        return false;
    }
    shelf->objects[shelf->count++] = object;
    return true;
}

#endif
