/* Stores: what stands behind a pool. Its limits, its freelist or freelists, and what became of its objects. */

#ifndef POOLED_STORE_H
#define POOLED_STORE_H

#include "base/compat.h"
#include "pool/hook_table.h"
#include "pool/freelist.h"
#include "pool/thread_state.h"

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
    Py_ssize_t index; /* of the freelists of a local pool; -1 in a global one */
    Freelist freelist;      /* of a global pool; in a local one, what was counted by none that there still is */
    Freelist *recent;    /* the freelist of the thread that used a local pool last. With a GIL */
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

/* The store that an object is to go own_store to, a new reference. NULL where it is in no pool. */
PoolStore *store_of_object(PyObject *obj);

/* Find the freelist that this thread has of a local pool, and remember it. */
Freelist *store_find_freelist(PoolStore *store);

#if COMPAT_FREE_THREADED

/* The freelist that this thread has of the pool. NULL, without an exception, where it can have none. */
static inline Freelist *
store_freelist(PoolStore *store)
{
    if (UNLIKELY(!store->is_local)) {
        return &store->freelist;
    }
    ThreadState *thread_state = this_thread.thread_state;
    if (LIKELY(thread_state != NULL && store->index < thread_state->count && thread_state->freelists[store->index] != NULL)) {
        return thread_state->freelists[store->index];
    }
    return store_find_freelist(store);
}

/* Whether a freelist is one that other threads use as well. */
static inline bool
store_is_shared(const PoolStore *store, const Freelist *freelist)
{
    return freelist == &store->freelist;
}

/* Keep a class's own pool while something runs that may be its end. A reference would be counted where all threads
   count. */
static inline void
store_hold(PoolStore *Py_UNUSED(store))
{
    this_thread.held++;
}

static inline void
store_release(PoolStore *Py_UNUSED(store))
{
    this_thread.held--;
}

#else

static inline Freelist *
store_freelist(PoolStore *store)
{
    if (!store->is_local) {
        return &store->freelist;
    }
    if (LIKELY(store->recent_thread == this_thread.thread)) {
        return store->recent;
    }
    return store_find_freelist(store);
}

static inline bool
store_is_shared(const PoolStore *Py_UNUSED(store), const Freelist *Py_UNUSED(freelist))
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

/* Count so many more, or fewer, of a outcome; where the freelist is known, by that. */
static inline void
store_count_on(PoolStore *store, Freelist *freelist, Outcome outcome, int more)
{
    if (UNLIKELY(freelist == NULL)) {
        freelist = &store->freelist;
    }
    if (store_is_shared(store, freelist)) {
        lock_acquire(&freelist->lock);
        freelist->counts[outcome] += (uint64_t)(int64_t)more;
        lock_release(&freelist->lock);
    }
    else {
        freelist->counts[outcome] += (uint64_t)(int64_t)more;
    }
}

static inline void
store_count(PoolStore *store, Outcome outcome, int more)
{
    store_count_on(store, store_freelist(store), outcome, more);
}

/* Take an object from a freelist of the pool, counted; NULL where there is none. */
static inline PyObject *
store_pop(PoolStore *store, Freelist *freelist)
{
    if (store_is_shared(store, freelist)) {
        lock_acquire(&freelist->lock);
        PyObject *object = freelist_pop(freelist);
        freelist->counts[HIT] += object != NULL;
        lock_release(&freelist->lock);
        return object;
    }
    PyObject *object = freelist_pop(freelist);
    if (LIKELY(object != NULL)) {
        freelist->counts[HIT]++;
    }
    return object;
}

/* Put an object on a freelist of the pool, if there is room, and count `outcome`. */
static inline bool
store_put(PoolStore *store, Freelist *freelist, PyObject *object, Outcome outcome)
{
    if (store_is_shared(store, freelist)) {
        lock_acquire(&freelist->lock);
        bool done = freelist->count < store->max && freelist_put(freelist, object);
        freelist->counts[outcome] += done;
        lock_release(&freelist->lock);
        return done;
    }
    if (UNLIKELY(freelist->count >= store->max || !freelist_put(freelist, object))) {
        return false;
    }
    freelist->counts[outcome]++;
    return true;
}

#endif
