/* Stores: the C part of a pool, with its limits, its freelists, and the counts of its objects. */

#ifndef POOLED_STORE_H
#define POOLED_STORE_H

#include "base/compat.h"
#include "pool/depot.h"
#include "pool/freelist.h"
#include "pool/hook_table.h"
#include "pool/thread_state.h"

enum { BLANK_CALLS = 4 }; /* after this many calls in a row, parts are not kept, until `take` asks for an object */

#define NO_THREAD UINT64_MAX

struct Fields;
struct InitPlan;

/* How the objects of a pool are emptied. After the first two, any `__init__` can follow. */
typedef enum {
    STRATEGY_SCRUB,  /* completely: `__init__` runs before an object is used again */
    STRATEGY_FIELDS, /* field by field, and the object has only these fields: `take` needs no `__init__` */
    STRATEGY_KEEP,   /* completely, except for the attributes in `keep` */
    STRATEGY_RESET,  /* by a function of the user */
} Strategy;

/* How an object that is an attribute of another is emptied and made ready with it. The functions belong to a layer above:
   parts reach them through the store of the object's class. */
typedef struct {
    /* Whether an object can be used again without its `__init__`. */
    bool (*needs_no_init)(const PoolStore *store);
    /* Empty an object that is unreachable and that the collector does not track. */
    Outcome (*empty)(PoolStore *store, PyObject *self);
    /* Give an emptied object its defaults and parts, and track it. False with an exception set. */
    bool (*make_ready)(PoolStore *store, PyObject *self);
} NestedOps;

struct PoolStore {
    PyObject_HEAD
    Hook *hook;                     /* of the class of its objects */
    Strategy strategy;              /* how its objects are emptied */
    const NestedOps *nested;        /* by the strategy; for STRATEGY_RESET, `reset` comes first */
    PyObject *reset;                /* the user's function; NULL unless the strategy is RESET */
    struct Fields *fields;          /* how fields are emptied; NULL unless the strategy is FIELDS or KEEP */
    struct Fields *retired;         /* the former `fields`, latest first: an object may be in use that they emptied */
    struct InitPlan *init_plan;     /* the assignments of `__init__`, if C can carry them out; or NULL */
    int until_plan;                 /* calls until `__init__` is read for a plan; 0: it is not. Atomic */
    int plans;                      /* plans so far */
    struct InitPlan *retired_plans; /* the former ones, latest first. Without a GIL: a thread may be using one */
    uint64_t inits[INIT_OUTCOMES];  /* calls with a plan, by their outcome. With a GIL; else freelists count them */
    int blank_calls; /* the latest calls in a row that dropped the parts of a parked object, up to BLANK_CALLS. Atomic */
    PyObject *capacity;     /* a function that measures an object; NULL where `measures`, or nothing is measured */
    PyObject *report;       /* report(error, what): receives the errors of `reset` and `capacity` */
    bool measures;          /* whether the capacity is that of the builtin container */
    bool is_local;          /* whether each thread has a freelist of its own */
    Py_ssize_t index;       /* of the freelists of threads; -1 in a global pool with a GIL, which has none */
    Freelist freelist;      /* of a global pool; in a local one, the heir of the counts of threads that ended */
    Freelist *recent;       /* the freelist of the thread that used a local pool last. With a GIL */
    uint64_t recent_thread; /* the number of that thread, or NO_THREAD */
    Py_ssize_t max;         /* objects that a freelist may hold */
    Py_ssize_t max_cap;     /* larger objects are discarded */
    uint64_t trimmings;     /* the number of trims so far */
    uint64_t relieved;      /* the number of the last relief of memory that trimmed it (trim.c) */
    int sparse;      /* lives that left a container nearly empty, since the last one that freed its memory. Atomic */
    PoolStore *next; /* in the list of all stores */
    PoolStore *previous;
};

/* The list of all stores, and whether they are closed permanently. Static, because they are closed together, for all
   modules. Changed with the lock held. */
extern Lock stores_lock;
extern PoolStore *stores;
extern bool stores_closed;

void store_register(PoolStore *store);
void store_unregister(PoolStore *store);

/* Begin a call of a tp_new: `store` receives the next object of its class; with NULL, the store of the class counts it as
   any other. Returns the store of the call around it, for `receiver_end`.

   The references are strong. In a program that switches between C stacks, as greenlets do, calls may not end in reverse
   order. Then an object goes to the wrong store of its class, but the counts of both stay consistent. */
static inline PoolStore *
receiver_begin(PoolStore *store)
{
    PoolStore *outer = this_thread.receiver.store;
    this_thread.receiver = (Receiver){(PoolStore *)Py_XNewRef(store), NULL};
    return outer;
}

/* End it. Returns whether tp_alloc has made `self` meanwhile. */
static inline bool
receiver_end(PoolStore *outer, PyObject *self)
{
    Receiver ended = this_thread.receiver;
    this_thread.receiver = (Receiver){outer, NULL};
    Py_XDECREF(ended.store); /* a caller has another reference, or the pool is in use elsewhere */
    return self == ended.allocated;
}

/* The store that an object returns to, a new reference. NULL if it is in no pool. */
PoolStore *store_of_object(PyObject *obj);

/* Find the freelist that this thread has of a pool, and remember it. */
Freelist *store_find_freelist(PoolStore *store);

/* The number of objects that a pool has parked, in all threads. */
Py_ssize_t store_count_parked(PoolStore *store);

/* Move the objects of all fronts of a global pool to its depot. With all other threads stopped. */
void store_close_fronts(PoolStore *store);

/* Whether an object that no `__init__` has seen can be parked, and a parked one be made blank. */
static inline bool
store_takes_blank(const PoolStore *store)
{
    return store->strategy <= STRATEGY_FIELDS;
}

/* Whether an object, a builtin container, has more capacity than max_cap. */
static inline bool
store_is_too_large(const PoolStore *store, PyObject *self)
{
    const Container *container = store->hook->container;
    return store->measures && container->is_above(container, self, store->max_cap);
}

#if COMPAT_FREE_THREADED

/* The freelist that this thread has of the pool. NULL, without an exception, if it can have none; in a global pool, it
   is the depot then. */
static inline Freelist *
store_freelist(PoolStore *store)
{
    ThreadState *state = this_thread.state;
    if (LIKELY(state != NULL && store->index < state->count && state->freelists[store->index] != NULL)) {
        return state->freelists[store->index];
    }
    return store_find_freelist(store);
}

/* Whether other threads use a freelist, too. */
static inline bool
store_is_shared(const PoolStore *store, const Freelist *freelist)
{
    return freelist == &store->freelist;
}

/* Whether nothing can be parked on a freelist that `store_freelist` gave. */
static inline bool
store_is_full(const PoolStore *store, const Freelist *freelist)
{
    return store->is_local ? freelist->count >= store->max : depot_is_full(&store->freelist, freelist, store->max);
}

/* Whether an object is parked where this thread can take it. */
static inline bool
store_has_parked(const PoolStore *store, const Freelist *freelist)
{
    return freelist->count != 0 || _Py_atomic_load_ssize_relaxed(&store->freelist.count) != 0;
}

/* If nothing else is parked, move the objects in the fronts of other threads to a place where this thread can take
   them. */
void store_gather(PoolStore *store);

/* Keep a store alive while code runs that may drop its last reference. Without a GIL, each thread counts in its own
   variable: the reference count of the store would be a place that all threads write. */
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

static inline bool
store_is_full(const PoolStore *store, const Freelist *freelist)
{
    return freelist->count >= store->max;
}

static inline bool
store_has_parked(const PoolStore *Py_UNUSED(store), const Freelist *freelist)
{
    return freelist->count != 0;
}

static inline void
store_gather(PoolStore *Py_UNUSED(store))
{
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

/* Add `more`, which may be negative, to the count with this index. `freelist` is NULL if this thread can have none. */
static inline void
store_count_on(PoolStore *store, Freelist *freelist, int index, int more)
{
    if (UNLIKELY(freelist == NULL)) {
        freelist = &store->freelist;
    }
    if (store_is_shared(store, freelist)) {
        lock_acquire(&freelist->lock);
        freelist_add(freelist, index, (uint64_t)(int64_t)more);
        lock_release(&freelist->lock);
    }
    else {
        freelist_add(freelist, index, (uint64_t)(int64_t)more);
    }
}

static inline void
store_count(PoolStore *store, Outcome outcome, int more)
{
    store_count_on(store, store_freelist(store), outcome, more);
}

/* Count a call of a class that has a plan. */
static inline void
store_count_init(PoolStore *store, InitOutcome outcome)
{
#if COMPAT_FREE_THREADED
    store_count_on(store, store_freelist(store), FIRST_INIT + (int)outcome, 1);
#else
    store->inits[outcome]++;
#endif
}

/* Add up the calls of the class with a plan, in all threads. */
void store_sum_inits(PoolStore *store, uint64_t *inits);

/* Pop an object from a freelist of the store, and count a hit. NULL if none is parked. */
static inline PyObject *
store_pop(PoolStore *store, Freelist *freelist)
{
    bool is_shared = store_is_shared(store, freelist);
    PyObject *object = LIKELY(!is_shared) ? freelist_pop(freelist) : NULL;
    if (LIKELY(object != NULL)) {
        freelist_add(freelist, HIT, 1);
        return object;
    }
#if COMPAT_FREE_THREADED
    if (!store->is_local) {
        return depot_take(&store->freelist, is_shared ? NULL : freelist, store->max);
    }
#endif
    return NULL;
}

/* Push an object onto a freelist of the store, and count `outcome`. False if there is no room. */
static inline bool
store_put(PoolStore *store, Freelist *freelist, PyObject *object, Outcome outcome)
{
#if COMPAT_FREE_THREADED
    bool is_shared = store_is_shared(store, freelist);
    if (UNLIKELY(!store->is_local && (is_shared || freelist->count == freelist->room))) {
        return depot_put(&store->freelist, is_shared ? NULL : freelist, store->max, object, outcome);
    }
#endif
    if (UNLIKELY(freelist->count >= store->max || !freelist_put(freelist, object))) {
        return false;
    }
    freelist_add(freelist, outcome, 1);
    return true;
}

/* Insert an object below all others. False if there is no room. */
static inline bool
store_put_under(PoolStore *store, Freelist *freelist, PyObject *object)
{
#if COMPAT_FREE_THREADED
    if (!store->is_local) {
        return depot_put_under(&store->freelist, store->max, object);
    }
#endif
    return freelist->count < store->max && freelist_put_under(freelist, object);
}

#endif
