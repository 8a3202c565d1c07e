/* Outcomes: what happens to a pooled object when it is handed out or dropped. */

#ifndef POOLED_OUTCOME_H
#define POOLED_OUTCOME_H

/* The counted outcomes, in the order of the fields of `Stats`. The module exports their names (module/constants.c). */
typedef enum {
    HIT,
    MISS,
    FIRST_END, /* the takes are before it, and the ends of objects from here on */
    RECYCLED = FIRST_END,
    DISCARDED_FULL,
    DISCARDED_LARGE,
    DISCARDED_ERROR,
    DISCARDED_REFUSED,
    ESCAPED,
    COLLECTED,
    DETACHED,
    OUTCOMES,
    COUNTED_ALREADY = OUTCOMES,
} Outcome;

#endif
