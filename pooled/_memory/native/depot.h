/* Depots: blocks for arrays come out of a depot, and return to it.

   Any thread may call these functions, with or without the GIL. */

#ifndef POOLED_DEPOT_H
#define POOLED_DEPOT_H

#include "shelf.h"

/* A new depot, which serves arrays of `min_bytes` to `max_bytes`. NULL, without an exception, if memory is short. */
Depot *depot_new(size_t min_bytes, size_t max_bytes);

/* Free a depot that is no longer used, and its parked blocks. */
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

   Zeros come from the system, which writes them when a page is first used, or are written into a parked block. The
   first costs nothing if the program does not use the array; the second is faster if it does. So the depot observes the
   returned blocks, and chooses for each class what would have been right for the last ones. */
Block *depot_take_zeros(Depot *depot, unsigned size_class, size_t size);

/* Park a block that is in use, or vacate it. */
void depot_return(Depot *depot, Block *block);

/* Park a new block of a class, whose pages exist. False if there is no room for it. */
bool depot_park_new(Depot *depot, unsigned size_class);

/* Vacate all parked blocks of all depots, and give their address space back. */
void depots_trim_all(void);

/* Read the counts. */
DepotCounts depot_counts(Depot *depot);

/* How many blocks are parked. */
size_t depot_parked(const Depot *depot);

/* Let forks wait for the locks. False, without an exception, if memory is short. */
bool depots_init(void);

#endif
