/* Marks: what is to be known of single objects of a hooked class, by their addresses.

   Most objects have none: they go home to the pool of their class. The dealloc looks here only while there are any. */

#ifndef POOLED_MARKS_H
#define POOLED_MARKS_H

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
    PoolStore *store;     /* a reference of ours */
    Verdict verdict;
} Mark;

typedef struct {
    Mark *slots; /* open addressing, a power of two of them */
    size_t used;
    size_t mask;
} Marks;

/* The mark of `object`, or NULL. It is good until the marks change. */
Mark *marks_find(const Marks *marks, PyObject *object);

/* Mark `object`, anew where it has a mark. False, with MemoryError set, where there is no memory. */
bool marks_set(Marks *marks, PyObject *object, PoolStore *store, Verdict verdict);

/* Remove the mark of `object` and give it; the caller owns its store. One without an object where there was none. */
Mark marks_pop(Marks *marks, PyObject *object);

/* Let go of everything. */
void marks_clear(Marks *marks);

#endif
