/* Shelves: stacks of parked objects, and what became of those that came by. A global pool has one, a local pool one for
   each thread, and one for what the others leave.

   A parked object has refcount 0, is unknown to the collector and holds no reference to its class. A shelf owns its
   memory, and that is all it costs: its own memory and one pointer.

   The shelf of a thread is used by that thread, or while all threads are stopped; the shelf of a pool with its lock. */

#ifndef POOLED_SHELF_H
#define POOLED_SHELF_H

#include "alone.h"
#include "compat.h"

struct PoolStore;
struct Fields;

/* What became of objects: the fields of Stats, in their order. */
typedef enum {
    HIT,
    MISS,
    RECYCLED,
    DISCARDED_FULL,
    DISCARDED_LARGE,
    DISCARDED_ERROR,
    DISCARDED_REFUSED,
    ESCAPED,
    COLLECTED,
    DETACHED,
    FATES,
    COUNTED_ALREADY = FATES,
} Fate;

typedef struct {
    PyObject **objects;
    Py_ssize_t count;
    Py_ssize_t room;
    Py_ssize_t low; /* the fewest that there were since the shelf was last trimmed: so many were not needed */
    struct PoolStore *store; /* whose shelf it is, not referenced: it takes its shelves with it; or NULL */
    uint64_t counts[FATES + 1]; /* the last is of those that were counted already */
    uint64_t trimmed; /* in which trimming of its pool it was trimmed last */
    Lock lock;
} Shelf;

/* Objects that are on no shelf any more, all of one class, and are going to end. */
typedef struct {
    PyObject **objects;
    Py_ssize_t count;
    PyTypeObject *type;    /* a reference of ours, where there are any: their finalizers may let go of it */
    struct Fields *fields; /* a reference of ours: those that they were emptied by; or NULL */
} Batch;

/* Make room for more. False, without an exception, where there is no memory. */
bool shelf_grow(Shelf *shelf);

/* Put an object under everything else. False, without an exception, where there is no memory. */
bool shelf_put_under(Shelf *shelf, PyObject *object);

/* Take the `count` oldest, or all that there are; none where there is no memory to do it in. */
Batch shelf_take_oldest(Shelf *shelf, Py_ssize_t count);

/* Take half of those, of the oldest, that were not needed since this was called before: a burst that comes again finds
   the others. None, the first time. */
Batch shelf_take_unused(Shelf *shelf);

/* How objects of some types are weighed, found out before, since no type can be asked while all threads are stopped. */
typedef struct {
    struct Scale {
        PyTypeObject *type; /* not referenced */
        PyCFunction say;    /* its `__sizeof__`, if that is one of C: it needs no reference to an object, and a parked
                               one has none; else NULL */
    } of[5];
    int count;
} Scales;
typedef struct Scale Scale;

/* The scales for objects of a type, and for builtin containers that are parts of them. */
Scales scales_for(PyTypeObject *type);

/* What an object takes up, in bytes; what it refers to is not in it. */
size_t scales_weigh(const Scales *scales, PyObject *object);

/* What those take up that are parked, in bytes: `count` of them, at most `limit`, are looked at. */
size_t shelf_weigh(const Shelf *shelf, const Scales *scales, Py_ssize_t limit, Py_ssize_t *count);

/* End them; give their number. Runs finalizers. */
Py_ssize_t batch_end(Batch batch);

/* Have a shelf count what another did. */
void shelf_add_counts(Shelf *shelf, const Shelf *other);

static inline PyObject *
shelf_pop(Shelf *shelf)
{
    if (shelf->count <= 0) {
        return NULL;
    }
    Py_ssize_t count = --shelf->count;
    if (UNLIKELY(count < shelf->low)) {
        shelf->low = count;
    }
    return shelf->objects[count];
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
