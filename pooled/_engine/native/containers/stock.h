/* Stock clearing: which builtin containers keep their capacity on this build, and how CPython's own functions are
   called to clear the others. */

#ifndef POOLED_STOCK_H
#define POOLED_STOCK_H

#include "base/compat.h"

/* The containers that are cleared in place. The probes set this at import (module/probes.c). CPython's own function
   clears a container whose probe failed, and frees its memory. */
typedef struct {
    bool list;      /* the item array is kept */
    bool dict;      /* the keys object is kept */
    bool set;       /* the table is kept */
    bool bytearray; /* the buffer is kept */
} KeepsCapacity;

/* Static, because a dealloc has no module to look it up in. Set at import, and constant afterwards. */
extern KeepsCapacity keeps_capacity;

/* The functions of methods in C, which need no check of `self`. NULL where they are unknown. */
typedef struct {
    PyCFunction set_add;
    PyCFunction deque_extend;
} StockMethods;

/* Set at import (containers.c), and constant afterwards. */
extern StockMethods stock_methods;

/* The number of versions that dicts were given which C has filled in place. Used on 3.11 only. */
extern uint64_t dict_versions;

/* Each call of one of CPython's functions is between these two, because an object can be dropped while an exception is
   set. `stock_begin` takes the exception, and `stock_end` restores it. If the call failed, `done` is false, and
   `stock_end` reports its exception as unraisable. It returns `done`. */
PyObject *stock_begin(void);
bool stock_end(PyObject *pending, bool done);

#endif
