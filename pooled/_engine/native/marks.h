/* Marks: what is to be known of single objects of a hooked class, by their addresses.

   Most objects have none: they go home to the pool of their class. The dealloc looks here only while there are any. */

#ifndef POOLED_MARKS_H
#define POOLED_MARKS_H

#include "alone.h"
#include "compat.h"

typedef struct PoolStore PoolStore;

/* What becomes of a marked object. */
typedef enum {
    GOES_HOME, /* to the store of its mark */
    UNREADY,   /* it dies: nobody said that its construction has come to its end */
    FAILED,    /* it dies: its __init__ raised */
    UNCOUNTED, /* it dies and is not counted: it is in no pool, or what became of it has been counted already */
} Verdict;

typedef struct {
    PyObject *object; /* not referenced; NULL in a free slot */
    PoolStore *store; /* a reference of ours */
    Verdict verdict;
} Mark;

typedef struct {
    Mark *slots; /* open addressing, a power of two of them */
    Py_ssize_t used; /* read without the lock, too */
    size_t mask;
    Lock lock;
} Marks;

/* Whether there are any. What was marked by who had an object is known to who has it now. */
static inline bool
marks_are_used(const Marks *marks)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_ssize_relaxed(&marks->used) != 0;
#else
    return marks->used != 0;
#endif
}

/* The mark of `object`, its store not referenced: others may let go of it. One without an object where there is none. */
Mark marks_find(Marks *marks, PyObject *object);

static inline bool
has_mark(Marks *marks, PyObject *object)
{
    return UNLIKELY(marks_are_used(marks)) && marks_find(marks, object).object != NULL;
}

/* Mark `object`, anew where it has a mark. False, with MemoryError set, where there is no memory. */
bool marks_set(Marks *marks, PyObject *object, PoolStore *store, Verdict verdict);

/* The same, and give the former mark; the caller owns its store. */
bool marks_exchange(Marks *marks, PyObject *object, PoolStore *store, Verdict verdict, Mark *former);

/* Change the verdict on `object` if it is `from`; whether it was. */
bool marks_turn(Marks *marks, PyObject *object, Verdict from, Verdict to);

/* Remove the mark of `object` and give it; the caller owns its store. One without an object where there was none. */
Mark marks_pop(Marks *marks, PyObject *object);

/* The same if nobody said that its construction has come to its end. */
Mark marks_pop_unready(Marks *marks, PyObject *object);

/* Let go of everything. */
void marks_clear(Marks *marks);

#endif
