/* Thread states: the data of the pools in each thread. A thread state exists from the thread's first use of a local
   pool to the end of the thread, and holds its freelist of every local pool. Thread-local variables count the drops in
   progress. */

#ifndef POOLED_THREAD_STATE_H
#define POOLED_THREAD_STATE_H

#include "base/compat.h"
#include "pool/freelist.h"

typedef struct ThreadState {
    Freelist **freelists; /* by the index of a pool; NULL where this thread has not used it */
    Py_ssize_t count;     /* pointers in `freelists` */
    uint64_t thread;      /* the number of the Python thread state, which is never used again */
    const int *held;      /* `held` of its thread */
    struct ThreadState *next;
    struct ThreadState *previous;
} ThreadState;

/* The store that counts the next new object of its class as a miss, because a call asked that store first. */
typedef struct {
    struct PoolStore *store; /* a strong reference; NULL where no such call is in progress, or the object was made */
    PyObject *allocated;     /* the address of the object that tp_alloc made last; NULL when a call begins */
} Receiver;

typedef struct {
    ThreadState *state; /* NULL before the thread's first use of a local pool, and after its end */
    uint64_t thread;    /* the number of the Python thread state that owns `state`; 0 where `state` is NULL */
    uint64_t ended;     /* the number of the Python thread state that owned a state and has ended */
    int depth;          /* nested drops in progress */
    int held;           /* stores that this thread holds (store_hold, without a GIL) */
    Freelist waiting;   /* objects of refcount 0 whose drop waits for the outermost drop */
    Receiver receiver;  /* of the next object that tp_alloc makes */
} ThreadLocals;

extern THREAD_LOCAL ThreadLocals this_thread;

/* Drops that may nest on one thread; deeper ones wait for the outermost. Each takes a few hundred bytes of the stack,
   and up to 50 of CPython's own deallocs may stand between two of them. */
enum { DEEPEST = 64 };

/* The lock of all thread states and their freelists. Code that reads the freelists of other threads holds it, or has stopped
   all other threads. */
extern Lock thread_states_lock;

/* Called when a thread ends: destroys the parked objects on its freelists. Set once, at import. */
extern void (*thread_state_drain)(ThreadState *state);

/* The freelist of this thread for the pool of this index, allocated if it is missing. `shared` is the freelist in the
   store. NULL, without an exception, if the thread has ended or there is no memory. */
Freelist *freelists_open(Py_ssize_t index, Freelist *shared);

/* An index for a new local pool, or -1 with MemoryError set. */
Py_ssize_t freelists_new_index(void);

/* Free an index and its freelists, which are empty. */
void freelists_free_index(Py_ssize_t index);

/* The number of objects that a pool has parked: on its `shared` freelist, and on those of `index` unless that is -1. */
Py_ssize_t freelists_count(Freelist *shared, Py_ssize_t index);

/* The same. Adds the counts of these freelists to `sum`. */
Py_ssize_t freelists_sum(Freelist *shared, Py_ssize_t index, Freelist *sum);

/* Add for how many objects the freelists of an index have room, where each may hold `max`. */
void freelists_rooms(Py_ssize_t index, Py_ssize_t max, Rooms *rooms);

/* Iterate over the freelists of an index: the next one, and NULL after the last. `*cursor` is NULL before the first. */
Freelist *freelists_next(Py_ssize_t index, ThreadState **cursor);

#if COMPAT_FREE_THREADED
/* Whether any thread holds a store. With all other threads stopped. */
bool thread_states_any_held(void);
#endif

#endif
