/* Freelists: stacks of parked objects, and what became of those that came by. A global pool has one, a local pool one for
   each thread, and one for what the others leave.

   A parked object has refcount 0, is unknown to the collector and holds no reference to its class. A freelist owns its
   memory, and that is all it costs: its own memory and one pointer.

   The freelist of a thread is used by that thread, or while all threads are stopped; the freelist of a pool with its lock. */

#ifndef POOLED_FREELIST_H
#define POOLED_FREELIST_H

#include "base/lock.h"
#include "base/compat.h"

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
    OUTCOMES,
    COUNTED_ALREADY = OUTCOMES,
} Outcome;

typedef struct {
    PyObject **objects;
    Py_ssize_t count;
    Py_ssize_t room;
    Py_ssize_t low; /* the fewest that there were since the freelist was last trimmed: so many were not needed */
    struct PoolStore *store; /* whose freelist it is, not referenced: it takes its freelists with it; or NULL */
    uint64_t counts[OUTCOMES + 1]; /* the last is of those that were counted already */
    uint64_t trimmed; /* in which trimming of its pool it was trimmed last */
    Lock lock;
} Freelist;

/* Objects that are on no freelist any more, all of one class, and are going to end. */
typedef struct {
    PyObject **objects;
    Py_ssize_t count;
    PyTypeObject *type;    /* a reference of ours, where there are any: their finalizers may let go of it */
    struct Fields *fields; /* a reference of ours: those that they were emptied by; or NULL */
} Batch;

/* Make room for more. False, without an exception, where there is no memory. */
bool freelist_grow(Freelist *freelist);

/* Put an object under everything else. False, without an exception, where there is no memory. */
bool freelist_put_under(Freelist *freelist, PyObject *object);

/* Take the `count` oldest, or all that there are; none where there is no memory to do it in. */
Batch freelist_take_oldest(Freelist *freelist, Py_ssize_t count);

/* Take half of those, of the oldest, that were not needed since this was called before: a burst that comes again finds
   the others. None, the first time. */
Batch freelist_take_unused(Freelist *freelist);

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
size_t freelist_weigh(const Freelist *freelist, const Scales *scales, Py_ssize_t limit, Py_ssize_t *count);

/* End them; give their number. Runs finalizers. */
Py_ssize_t batch_destroy(Batch batch);

/* Have a freelist count what another did. */
void freelist_add_counts(Freelist *freelist, const Freelist *other);

static inline PyObject *
freelist_pop(Freelist *freelist)
{
    if (freelist->count <= 0) {
        return NULL;
    }
    Py_ssize_t count = --freelist->count;
    if (UNLIKELY(count < freelist->low)) {
        freelist->low = count;
    }
    return freelist->objects[count];
}

static inline bool
freelist_put(Freelist *freelist, PyObject *object)
{
    if (UNLIKELY(freelist->count == freelist->room) && !freelist_grow(freelist)) {
        return false;
    }
    freelist->objects[freelist->count++] = object;
    return true;
}

#endif
