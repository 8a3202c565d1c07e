/* Stores: what stands behind a pool. Its limits, its shelf or shelves, and what became of its objects. */

#ifndef POOLED_STORE_H
#define POOLED_STORE_H

#include "compat.h"
#include "hook.h"
#include "shelf.h"
#include "threads.h"

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

enum { BLANK_CALLS = 4 }; /* after so many, parts are not kept, until an object is taken again */

#define NO_THREAD UINT64_MAX

struct Fields;

struct PoolStore {
    PyObject_HEAD
    Hook *hook;         /* of the class of its objects */
    PyObject *reset;    /* empties an object; NULL: it is emptied by its fields, or scrubbed */
    struct Fields *fields; /* empty an object one by one; NULL: it is emptied as a whole */
    struct Fields *retired; /* those that the class was planned with before, the last one first */
    bool takes_blank;   /* whether an object that never saw an __init__ can be recycled */
    bool keeps_parts;   /* whether `fields` are all there is to its objects, so that `take` needs no __init__ */
    uint8_t blank_calls; /* of late that wanted a blank object where one with parts was parked, up to BLANK_CALLS */
    bool takes_at_once; /* whether there is nothing more to do then where nothing is given, but in rare cases */
    PyObject *capacity; /* says how large an object is, in Python; NULL where `measures`, or nothing does */
    PyObject *check;    /* check(given): raises where that cannot be given to an object that is taken */
    PyObject *report;   /* report(error, what): where the errors of these two go */
    bool measures;      /* whether the capacity of the container is what counts */
    bool is_local;
    Py_ssize_t index; /* of the shelves of a local pool; -1 in a global one */
    Shelf shelf;      /* of a global pool */
    Shelf *recent;    /* the shelf of the thread that used a local pool last */
    uint64_t recent_thread; /* its number, or NO_THREAD */
    Py_ssize_t max;
    Py_ssize_t max_cap;
    unsigned sparse; /* lives that left a container nearly empty, since the last that gave its room back */
    uint64_t counts[FATES + 1]; /* the last is of those that were counted already */
    PoolStore *next;
    PoolStore *previous;
};

/* The class Store: Store(hook, *, reset, capacity, report, measures, is_local); `set_fields` says the rest. */
extern PyType_Spec store_spec;

/* End all that is parked, and park nothing from now on. */
void stores_close(void);

/* The store that an object is to go home to, by its mark, which is given too, or its class. NULL where it is in no
   pool. */
PoolStore *home_of(PyObject *obj, Mark **mark);

/* Find the shelf that this thread has of a local pool, and remember it. */
Shelf *store_find_shelf(PoolStore *store);

/* The shelf that this thread has of the pool. NULL, without an exception, where it can have none. */
static inline Shelf *
store_shelf(PoolStore *store)
{
    if (!store->is_local) {
        return &store->shelf;
    }
    if (LIKELY(store->recent_thread == here.thread)) {
        return store->recent;
    }
    return store_find_shelf(store);
}

#endif
