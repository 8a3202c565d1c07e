/* Depots: parked blocks of all size classes, under one limit in bytes for all threads together.

   A depot has several shelves with a lock each. A thread parks on its own shelf, and looks at the others when it finds
   nothing there. On builds with a GIL there is one shelf.

   Any thread may call these functions, with or without the GIL. A shelf's lock is not held while the system is called. */

#ifndef POOLED_DEPOT_H
#define POOLED_DEPOT_H

#include "arena.h"

#if defined(Py_GIL_DISABLED)
enum { SHELVES = 8 };
#else
enum { SHELVES = 1 };
#endif

/* Counts of blocks since the depot was made. */
typedef struct {
    uint64_t hits, misses, recycled, discarded_full, discarded_blank;
    uint64_t bytes_taken; /* of all blocks that were handed out */
    uint64_t bytes_hit;   /* of those that had been parked */
} DepotCounts;

typedef struct {
    _Alignas(64) pthread_mutex_t lock; /* for everything below */
    Block *parked[SIZE_CLASSES];
    DepotCounts counts;
} Shelf;

typedef struct Depot {
    Shelf shelves[SHELVES];
    _Atomic size_t min_bytes;               /* smaller arrays are not served */
    _Atomic size_t max_bytes;               /* the most bytes that are parked; larger arrays are not served */
    _Atomic size_t parked_bytes;            /* never more than `max_bytes`, except while that is made smaller */
    _Atomic size_t least_parked;            /* the least that was parked since depot_trim_idle was called */
    _Atomic bool is_open;                   /* else it serves no array, and parks no block */
    _Atomic uint32_t uses;                  /* a clock for `used_at` */
    _Atomic uint32_t used_at[SIZE_CLASSES]; /* when a class was last used */
    _Atomic int32_t parked[SIZE_CLASSES];   /* how many blocks of a class are parked */
    _Atomic int8_t zeros[SIZE_CLASSES];     /* whether zeros are worth writing: see depot_take_zeros */
    struct Depot *next;                     /* in the list of all depots */
} Depot;

/* A new depot, which serves arrays of `min_bytes` to `max_bytes`. NULL, without an exception, if memory is short. */
Depot *depot_new(size_t min_bytes, size_t max_bytes);

/* Free a depot, which nobody uses any more, and what it parked. */
void depot_free(Depot *depot);

/* The size class that serves an array; 0 if the depot does not serve it. */
static inline unsigned
depot_class_for(Depot *depot, size_t size)
{
    if (LIKELY(size < atomic_load_explicit(&depot->min_bytes, memory_order_relaxed))) {
        return 0;
    }
    if (size > atomic_load_explicit(&depot->max_bytes, memory_order_relaxed)
        || !atomic_load_explicit(&depot->is_open, memory_order_relaxed)) {
        return 0;
    }
    return size_class_of(size);
}

/* A block of a class, of any content; NULL if there is no address space left. */
Block *depot_take(Depot *depot, unsigned size_class);

/* A block of a class, of which the first `size` bytes are zero; NULL if there is no address space left.

   Zeros come from the system, which writes them when a page is first used, or are written into a parked block. The first
   costs nothing where a program does not use the array, the second is faster where it does. So the depot looks at the
   blocks that return, and does for each class what would have been right for the last ones. */
Block *depot_take_zeros(Depot *depot, unsigned size_class, size_t size);

/* Park a block that is in use, or vacate it. */
void depot_return(Depot *depot, Block *block);

/* Vacate parked blocks, first those of the class that was not used for longest, until at most `keep` bytes are parked.
   Returns how many. */
size_t depot_trim(Depot *depot, size_t keep);

/* Vacate half of what was parked all the time since the last call. Returns how many blocks. */
size_t depot_trim_idle(Depot *depot);

/* Vacate all parked blocks of all depots. Returns their bytes. */
size_t depots_trim_all(void);

/* Read the counts. */
DepotCounts depot_counts(Depot *depot);

/* How many blocks are parked. */
size_t depot_parked(const Depot *depot);

/* Let forks wait for the locks. False, without an exception, if memory is short. */
bool depots_init(void);

#endif
