/* Shelves: the parked blocks of a depot, of all size classes, under one limit in bytes for all threads together.

   A depot has several shelves with a lock each. A thread parks on its own shelf, and looks at the others when it finds
   nothing there. On builds with a GIL there is one shelf. A shelf's lock is not held while the system is called. */

#ifndef POOLED_SHELF_H
#define POOLED_SHELF_H

#include "arena.h"

#if defined(Py_GIL_DISABLED)
enum { SHELVES = 8 };
#else
enum { SHELVES = 1 };
#endif

/* Counts of blocks since the depot was made. */
typedef struct {
    uint64_t hits, misses, recycled, discarded_full, discarded_large, discarded_blank;
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
    _Atomic size_t min_bytes;                     /* smaller arrays are not served */
    _Atomic size_t max_bytes;                     /* the most bytes that are parked; larger arrays are not served */
    _Atomic size_t max_cap;                       /* the most bytes of a block that is parked */
    _Atomic size_t parked_bytes;                  /* never more than `max_bytes`, except while that is made smaller */
    _Atomic size_t least_parked;                  /* the least that was parked since depot_trim_idle was called */
    _Atomic bool is_open;                         /* else it serves no array, and parks no block */
    _Atomic uint32_t uses;                        /* a clock for `used_at` */
    _Atomic uint32_t used_at[SIZE_CLASSES];       /* when a class was last used */
    _Atomic int32_t parked[SIZE_CLASSES];         /* how many blocks of a class are parked */
    _Atomic int8_t zeros[SIZE_CLASSES];           /* whether zeros are worth writing: see depot_take_zeros */
    _Atomic uint16_t zeros_written[SIZE_CLASSES]; /* how often they were written since the system's were used */
    struct Depot *next;                           /* in the list of all depots */
} Depot;

/* The number of the calling thread's shelf. */
unsigned shelf_own(void);

/* Take a parked block of a class off a shelf, or NULL. With its lock held. */
Block *shelf_take_down(Depot *depot, Shelf *shelf, unsigned size_class);

/* Park a block for which room was claimed. With the lock of the shelf held. */
void shelf_put_up(Depot *depot, Shelf *shelf, Block *block);

/* The most bytes that may be parked. */
static inline size_t
shelf_limit(Depot *depot)
{
    return LIKELY(atomic_load(&depot->is_open)) ? atomic_load(&depot->max_bytes) : 0;
}

/* Claim room for a block of a class; if necessary, vacate blocks of classes that were used less recently. */
bool shelf_claim_room(Depot *depot, unsigned size_class);

/* Vacate parked blocks, those of the least recently used class first, until at most `keep` bytes are parked. Returns
   how many. */
size_t depot_trim(Depot *depot, size_t keep);

/* Vacate the parked blocks that are larger than `most` bytes. */
void depot_trim_large(Depot *depot, size_t most);

/* Vacate half of the blocks that stayed parked since the last call. Returns the number. */
size_t depot_trim_idle(Depot *depot);

#endif
