/* Observers: count the memory that a depot would have served, in a program without one. */

#ifndef POOLED_OBSERVER_H
#define POOLED_OBSERVER_H

#include "base.h"
#include "size_class.h"

typedef struct {
    size_t min_bytes, max_bytes; /* of the depot that is simulated */
    pthread_mutex_t lock;        /* for everything below */
    size_t parked_bytes;
    uint32_t parked[SIZE_CLASSES];
    uint64_t arrays, bytes; /* of all arrays of `min_bytes` or more */
    uint64_t served_bytes;  /* of those that the depot would have served from parked blocks */
} Observer;

/* Count that memory was allocated. */
void observer_taken(Observer *observer, size_t size);

/* Count that memory was freed. */
void observer_returned(Observer *observer, size_t size);

#endif
