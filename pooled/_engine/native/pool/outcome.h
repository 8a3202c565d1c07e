/* Outcomes: what happens to a pooled object when it is handed out or dropped. */

#ifndef POOLED_OUTCOME_H
#define POOLED_OUTCOME_H

/* The counted outcomes, in the order of the fields of `Stats`. The module exports their names (module/constants.c). */
typedef enum {
    HIT,
    MISS,
    INSERTED,
    FIRST_END, /* how objects come is before it, and how they end from here on */
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

/* Why an `__init__` that has a plan runs as Python code. */
typedef enum {
    INIT_IN_C,    /* it does not */
    INIT_TRACED,  /* a trace or profile function, or a tool of sys.monitoring */
    INIT_PATCHED, /* its code, its defaults, or a name that it reads has changed */
    INIT_CHANGED, /* an attribute of the class was set */
    INIT_UNBOUND, /* the arguments do not bind: it raises TypeError */
    INIT_UNFIT,   /* the object has no places for its attributes, or the class has changed while it was made */
    INIT_OUTCOMES,
} InitOutcome;

#endif
