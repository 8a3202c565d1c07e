/* Freelists: stacks of parked objects, with the counts of their outcomes. A global pool has one freelist. A local pool has
   one for each thread, and one that inherits the counts of threads that ended.

   A parked object has refcount 0, is not tracked by the collector and holds no reference to its class. A freelist owns the
   object's memory: parking costs that memory and one pointer.

   Only its thread uses the freelist of a thread, or another thread while all threads are stopped. The freelist of a
   global pool is used under its lock. Without a GIL, it is a depot, and each thread has a front (pool/depot.h). */

#ifndef POOLED_FREELIST_H
#define POOLED_FREELIST_H

#include "base/compat.h"
#include "base/lock.h"
#include "pool/outcome.h"

struct PoolStore;

/* Where the counts of a freelist are: those of outcomes, one of objects that were counted already, and, without a GIL, those
   of InitOutcome. */
enum { FIRST_INIT = COUNTED_ALREADY + 1, COUNTS = FIRST_INIT + (COMPAT_FREE_THREADED ? INIT_OUTCOMES : 0) };

typedef struct Freelist {
    PyObject **objects;
    Py_ssize_t count;  /* parked objects; 0 <= count <= room */
    Py_ssize_t room;   /* pointers that fit into `objects` */
    Py_ssize_t low;    /* the smallest count since the last trim: this many objects were not needed; <= count */
    bool follows;      /* whether `room` follows the load (max="auto"): it bounds the parked objects */
    uint64_t credited; /* the misses and insertions that have made room; each later one may make room for one object */
    struct PoolStore *store; /* borrowed: a store frees its freelists; NULL in a list that belongs to no store */
    struct Freelist *heir;   /* the freelist that inherits the counts; NULL in a freelist that stands in its store */
    uint64_t counts[COUNTS];
    uint64_t trimmed; /* the number of the last trim of the pool that visited this freelist */
#if COMPAT_FREE_THREADED
    bool is_depot;      /* whether it belongs to a global pool */
    Py_ssize_t claimed; /* the room of the fronts of a depot; count + claimed <= room */
    int visits;         /* of a front to its depot, up to the number that opens it */
#endif
    Lock lock;
} Freelist;

/* Objects that were removed from a freelist. The owner frees the array. */
typedef struct {
    PyObject **objects;
    Py_ssize_t count;
} Removed;

/* For how many objects freelists have room. */
typedef struct {
    Py_ssize_t deepest; /* the one with the most */
    Py_ssize_t sum;
    Py_ssize_t count; /* of freelists */
} Rooms;

/* Add the room of a freelist that may hold `max` objects. */
void rooms_add(Rooms *rooms, const Freelist *freelist, Py_ssize_t max);

/* Let the room follow the load, or not. Initially, there is room for the parked objects. */
void freelist_follow(Freelist *freelist, bool follows);

/* Make room for more. False, without an exception, if there is no memory, or if the load does not require it. */
bool freelist_grow(Freelist *freelist);

/* Insert an object below all others. False, without an exception, if there is no memory. */
bool freelist_put_under(Freelist *freelist, PyObject *object);

/* Remove the `count` oldest objects; all objects if there are no more, or if there is no memory for the array. */
Removed freelist_remove_oldest(Freelist *freelist, Py_ssize_t count);

/* Remove half of the objects that were not needed since the last call, oldest first, so that the rest can serve another
   burst. The first call removes none. A freelist that follows the load removes all of them, and their room. */
Removed freelist_remove_unused(Freelist *freelist);

/* Add the counts of another freelist from the index `first` on, up to `end`. */
void freelist_add_counts(Freelist *freelist, const Freelist *other, int first, int end);

/* Whether a freelist is the front of a thread for a global pool. */
static inline bool
freelist_is_front(const Freelist *freelist)
{
#if COMPAT_FREE_THREADED
    return freelist->heir != NULL && freelist->heir->is_depot;
#else
    (void)freelist;
    return false;
#endif
}

/* Change the number of parked objects. Other threads may read it. */
static inline void
freelist_set_count(Freelist *freelist, Py_ssize_t count)
{
    compat_store_ssize(&freelist->count, count);
}

/* Add to the count with this index. Other threads may read it; only this thread writes it, or the lock is held. */
static inline void
freelist_add(Freelist *freelist, int index, uint64_t more)
{
    compat_add(&freelist->counts[index], more);
}

static inline PyObject *
freelist_pop(Freelist *freelist)
{
    if (freelist->count <= 0) {
        return NULL;
    }
    Py_ssize_t count = freelist->count - 1;
    freelist_set_count(freelist, count);
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
    freelist->objects[freelist->count] = object;
    freelist_set_count(freelist, freelist->count + 1);
    return true;
}

#endif
