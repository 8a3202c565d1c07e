/* Overrides: exceptions for single objects of a hooked class, by their addresses.

   Most objects have none: they return to the pool of their class. A dealloc looks here only while a class has any. */

#ifndef POOLED_OVERRIDES_H
#define POOLED_OVERRIDES_H

#include "base/lock.h"
#include "base/compat.h"

typedef struct PoolStore PoolStore;

/* The effect of dropping an object with an override. */
typedef enum {
    RETURNS,   /* recycle the object into the store of the override */
    UNREADY,   /* destroy it: its construction was never declared finished */
    FAILED,    /* destroy it: its `__init__` raised */
    UNCOUNTED, /* destroy it uncounted: it is in no pool, or its outcome was counted already */
} Disposition;

typedef struct {
    PyObject *object; /* borrowed; NULL in a free slot */
    PoolStore *store; /* a strong reference */
    Disposition disposition;
} Override;

typedef struct {
    Override *slots; /* open addressing; the number of slots is a power of two */
    Py_ssize_t used; /* slots in use; also read without the lock */
    size_t mask;     /* the number of slots less one; 0 where there are none */
    Lock lock;
} Overrides;

/* Whether there are any. A thread that got an object from another thread sees the override that the other one set. */
static inline bool
overrides_are_used(const Overrides *overrides)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_ssize_relaxed(&overrides->used) != 0;
#else
    return overrides->used != 0;
#endif
}

/* The override of `object`; its store is borrowed, and other threads may free it. `object` is NULL where there is none. */
Override overrides_find(Overrides *overrides, PyObject *object);

static inline bool
has_override(Overrides *overrides, PyObject *object)
{
    return UNLIKELY(overrides_are_used(overrides)) && overrides_find(overrides, object).object != NULL;
}

/* Set the override of `object`, or replace it. False with MemoryError set. */
bool overrides_set(Overrides *overrides, PyObject *object, PoolStore *store, Disposition disposition);

/* The same. Sets `*former` to the former override; the caller owns its store. */
bool overrides_exchange(Overrides *overrides, PyObject *object, PoolStore *store, Disposition disposition,
                        Override *former);

/* Change the disposition of `object` if it is `from`. Returns whether it was. */
bool overrides_turn(Overrides *overrides, PyObject *object, Disposition from, Disposition to);

/* Remove and return the override of `object`; the caller owns its store. `object` is NULL where there was none. */
Override overrides_pop(Overrides *overrides, PyObject *object);

/* The same, if the disposition is UNREADY. */
Override overrides_pop_unready(Overrides *overrides, PyObject *object);

/* Remove all overrides, and free the table. */
void overrides_clear(Overrides *overrides);

#endif
