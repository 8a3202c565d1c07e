/* Threads: what each has of the pools. A thread_state, with its freelist of every local pool, from its first drop to its end;
   and the drops under way on it. */

#ifndef POOLED_THREAD_STATE_H
#define POOLED_THREAD_STATE_H

#include "base/compat.h"
#include "pool/freelist.h"

typedef struct ThreadState {
    Freelist **freelists; /* by the index of a pool; NULL where this thread has not used it */
    Py_ssize_t count;
    uint64_t thread; /* the number of its thread state, which no other ever has */
    const int *held; /* `held` of its thread */
    struct ThreadState *next;
    struct ThreadState *previous;
} ThreadState;

typedef struct {
    ThreadState *thread_state;       /* NULL before the thread's first use of a local pool, and after its end */
    uint64_t thread;  /* the number of the thread state that has the thread_state; 0 where there is none */
    uint64_t ended;   /* the number of the thread state that had a thread_state, and has ended */
    int depth;        /* of drops nested in one another */
    int held;         /* pools that it holds on to, where that is how it is done */
    Freelist waiting;    /* objects of refcount 0 whose drop waits for the outermost */
} ThreadLocals;

extern THREAD_LOCAL ThreadLocals this_thread;

/* The freelist of this thread for the pool of this index, which is that of `store`; made where there is none yet. NULL,
   without an exception, where the thread is past its end or there is no memory. */
Freelist *freelists_open(Py_ssize_t index, struct PoolStore *store);

/* An index for a new local pool, or -1 with MemoryError set; and give one back, its freelists empty. */
Py_ssize_t freelists_new_index(void);
void freelists_free_index(Py_ssize_t index);

/* How many objects all threads have on their freelists of this index. */
Py_ssize_t freelists_count(Py_ssize_t index);

/* How many objects are on the freelists of a pool; what became of those that came by is added to `sum`. */
Py_ssize_t freelists_sum(struct PoolStore *store, Freelist *sum);

/* End, on all freelists of this index, what is above `keep`: the oldest first. */
void freelists_trim(Py_ssize_t index, Py_ssize_t keep);

/* End, on all freelists of a local pool, half of what was not needed since the last time; give the number. */
Py_ssize_t freelists_trim_unused(struct PoolStore *store);

/* What those take up that are parked in a local pool, in bytes: `count` of them, at most `limit`, are looked at. */
size_t freelists_weigh(struct PoolStore *store, const Scales *scales, Py_ssize_t limit, Py_ssize_t *count);

/* Whether any thread holds on to a pool. With all others stopped. */
bool thread_states_any_held(void);

#endif
