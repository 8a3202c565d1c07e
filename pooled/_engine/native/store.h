/* Stores: what stands behind a pool. Its limits, its shelf or shelves, and what became of its objects. */

#ifndef POOLED_STORE_H
#define POOLED_STORE_H

#include "compat.h"
#include "hook.h"
#include "shelf.h"
#include "threads.h"

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
    Shelf shelf;      /* of a global pool; in a local one, what was counted by none that there still is */
    Shelf *recent;    /* the shelf of the thread that used a local pool last. With a GIL */
    uint64_t recent_thread; /* its number, or NO_THREAD */
    Py_ssize_t max;
    Py_ssize_t max_cap;
    uint64_t trimmings; /* how often it was trimmed */
    unsigned sparse; /* lives that left a container nearly empty, since the last that gave its room back */
    PoolStore *next;
    PoolStore *previous;
};

/* The class Store: Store(hook, *, reset, capacity, report, measures, is_local); `set_fields` says the rest. */
extern PyType_Spec store_spec;

/* End all that is parked, and park nothing from now on. */
void stores_close(void);

/* The store that an object is to go home to, a new reference. NULL where it is in no pool. */
PoolStore *home_of(PyObject *obj);

/* Find the shelf that this thread has of a local pool, and remember it. */
Shelf *store_find_shelf(PoolStore *store);

#if COMPAT_FREE_THREADED

/* The shelf that this thread has of the pool. NULL, without an exception, where it can have none. */
static inline Shelf *
store_shelf(PoolStore *store)
{
    if (UNLIKELY(!store->is_local)) {
        return &store->shelf;
    }
    Desk *desk = here.desk;
    if (LIKELY(desk != NULL && store->index < desk->count && desk->shelves[store->index] != NULL)) {
        return desk->shelves[store->index];
    }
    return store_find_shelf(store);
}

/* Whether a shelf is one that other threads use as well. */
static inline bool
is_shared(const PoolStore *store, const Shelf *shelf)
{
    return shelf == &store->shelf;
}

/* Keep a class's own pool while something runs that may be its end. A reference would be counted where all threads
   count. */
static inline void
store_hold(PoolStore *Py_UNUSED(store))
{
    here.held++;
}

static inline void
store_release(PoolStore *Py_UNUSED(store))
{
    here.held--;
}

#else

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

static inline bool
is_shared(const PoolStore *Py_UNUSED(store), const Shelf *Py_UNUSED(shelf))
{
    return false;
}

static inline void
store_hold(PoolStore *store)
{
    Py_INCREF(store);
}

static inline void
store_release(PoolStore *store)
{
    Py_DECREF(store);
}

#endif

/* Count so many more, or fewer, of a fate; where the shelf is known, by that. */
static inline void
count_fate_on(PoolStore *store, Shelf *shelf, Fate fate, int more)
{
    if (UNLIKELY(shelf == NULL)) {
        shelf = &store->shelf;
    }
    if (is_shared(store, shelf)) {
        lock(&shelf->lock);
        shelf->counts[fate] += (uint64_t)(int64_t)more;
        unlock(&shelf->lock);
    }
    else {
        shelf->counts[fate] += (uint64_t)(int64_t)more;
    }
}

static inline void
count_fate(PoolStore *store, Fate fate, int more)
{
    count_fate_on(store, store_shelf(store), fate, more);
}

/* Take an object from a shelf of the pool, counted; NULL where there is none. */
static inline PyObject *
store_pop(PoolStore *store, Shelf *shelf)
{
    if (is_shared(store, shelf)) {
        lock(&shelf->lock);
        PyObject *object = shelf_pop(shelf);
        shelf->counts[HIT] += object != NULL;
        unlock(&shelf->lock);
        return object;
    }
    PyObject *object = shelf_pop(shelf);
    if (LIKELY(object != NULL)) {
        shelf->counts[HIT]++;
    }
    return object;
}

/* Put an object on a shelf of the pool, if there is room, and count `fate`. */
static inline bool
store_put(PoolStore *store, Shelf *shelf, PyObject *object, Fate fate)
{
    if (is_shared(store, shelf)) {
        lock(&shelf->lock);
        bool done = shelf->count < store->max && shelf_put(shelf, object);
        shelf->counts[fate] += done;
        unlock(&shelf->lock);
        return done;
    }
    if (UNLIKELY(shelf->count >= store->max || !shelf_put(shelf, object))) {
        return false;
    }
    shelf->counts[fate]++;
    return true;
}

#endif
