/* Threads: what each has of the pools. A desk, with its shelf of every local pool, from its first drop to its end;
   and the drops under way on it. */

#ifndef POOLED_THREADS_H
#define POOLED_THREADS_H

#include "compat.h"
#include "shelf.h"

typedef struct Desk {
    Shelf **shelves; /* by the index of a pool; NULL where this thread has not used it */
    Py_ssize_t count;
    uint64_t thread; /* the number of its thread state, which no other ever has */
    const int *held; /* `held` of its thread */
    struct Desk *next;
    struct Desk *previous;
} Desk;

typedef struct {
    Desk *desk;       /* NULL before the thread's first use of a local pool, and after its end */
    uint64_t thread;  /* the number of the thread state that has the desk; 0 where there is none */
    uint64_t ended;   /* the number of the thread state that had a desk, and has ended */
    int depth;        /* of drops nested in one another */
    int held;         /* pools that it holds on to, where that is how it is done */
    Shelf waiting;    /* objects of refcount 0 whose drop waits for the outermost */
} Thread;

extern THREAD_LOCAL Thread here;

/* The shelf of this thread for the pool of this index, which is that of `store`; made where there is none yet. NULL,
   without an exception, where the thread is past its end or there is no memory. */
Shelf *open_shelf(Py_ssize_t index, struct PoolStore *store);

/* An index for a new local pool, or -1 with MemoryError set; and give one back, its shelves empty. */
Py_ssize_t shelves_new_index(void);
void shelves_free_index(Py_ssize_t index);

/* How many objects all threads have on their shelves of this index. */
Py_ssize_t shelves_count(Py_ssize_t index);

/* How many objects are on the shelves of a pool; what became of those that came by is added to `sum`. */
Py_ssize_t shelves_sum(struct PoolStore *store, Shelf *sum);

/* End, on all shelves of this index, what is above `keep`: the oldest first. */
void shelves_trim(Py_ssize_t index, Py_ssize_t keep);

/* End, on all shelves of a local pool, half of what was not needed since the last time; give the number. */
Py_ssize_t shelves_trim_unused(struct PoolStore *store);

/* What those take up that are parked in a local pool, in bytes: `count` of them, at most `limit`, are looked at. */
size_t shelves_weigh(struct PoolStore *store, const Scales *scales, Py_ssize_t limit, Py_ssize_t *count);

/* Whether any thread holds on to a pool. With all others stopped. */
bool any_held(void);

#endif
