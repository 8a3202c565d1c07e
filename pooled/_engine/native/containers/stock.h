/* The stock way: whether builtin containers keep their capacity on this build, and how CPython's own functions are called to
   empty those that do not. */

#ifndef POOLED_STOCK_H
#define POOLED_STOCK_H

#include "base/compat.h"

/* The containers that are emptied in place. The probes set this at import (module/probes.c). A container whose probe failed
   is emptied by CPython's own function, which gives its room back. */
typedef struct {
    bool list;
    bool dict;
    bool set;
    bool bytearray;
} Keeps;

extern Keeps keeps_capacity;

/* CPython's own functions run between these two, since an object may be dropped while an exception is set. `stock_begin`
   sets the exception aside, and `stock_end` restores it. If the call was not `done`, what it raised is reported. Returns
   `done`. */
PyObject *stock_begin(void);
bool stock_end(PyObject *pending, bool done);

#endif
