/* Overrides: what is to be known of single objects of a hooked class, by their addresses.

   Most objects have none: they return to the pool of their class. The dealloc looks this_thread only while there are any. */

#ifndef POOLED_OVERRIDES_H
#define POOLED_OVERRIDES_H

#include "base/lock.h"
#include "base/compat.h"

typedef struct PoolStore PoolStore;

/* What becomes of a overridden object. */
typedef enum {
    RETURNS, /* to the store of its override */
    UNREADY,   /* it dies: nobody said that its construction has come to its end */
    FAILED,    /* it dies: its __init__ raised */
    UNCOUNTED, /* it dies and is not counted: it is in no pool, or what became of it has been counted already */
} Disposition;

typedef struct {
    PyObject *object; /* not referenced; NULL in a free slot */
    PoolStore *store; /* a reference of ours */
    Disposition disposition;
} Override;

typedef struct {
    Override *slots; /* open addressing, a power of two of them */
    Py_ssize_t used; /* read without the lock, too */
    size_t mask;
    Lock lock;
} Overrides;

/* Whether there are any. What was overridden by who had an object is known to who has it now. */
static inline bool
overrides_are_used(const Overrides *overrides)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_ssize_relaxed(&overrides->used) != 0;
#else
    return overrides->used != 0;
#endif
}

/* The override of `object`, its store not referenced: others may let go of it. One without an object where there is none. */
Override overrides_find(Overrides *overrides, PyObject *object);

static inline bool
has_override(Overrides *overrides, PyObject *object)
{
    return UNLIKELY(overrides_are_used(overrides)) && overrides_find(overrides, object).object != NULL;
}

/* Override `object`, anew where it has a override. False, with MemoryError set, where there is no memory. */
bool overrides_set(Overrides *overrides, PyObject *object, PoolStore *store, Disposition disposition);

/* The same, and give the former override; the caller owns its store. */
bool overrides_exchange(Overrides *overrides, PyObject *object, PoolStore *store, Disposition disposition, Override *former);

/* Change the disposition on `object` if it is `from`; whether it was. */
bool overrides_turn(Overrides *overrides, PyObject *object, Disposition from, Disposition to);

/* Remove the override of `object` and give it; the caller owns its store. One without an object where there was none. */
Override overrides_pop(Overrides *overrides, PyObject *object);

/* The same if nobody said that its construction has come to its end. */
Override overrides_pop_unready(Overrides *overrides, PyObject *object);

/* Let go of everything. */
void overrides_clear(Overrides *overrides);

#endif
