#include "containers/stock.h"

KeepsCapacity keeps_capacity;

COLD PyObject *
stock_begin(void)
{
    return compat_take_exception();
}

COLD bool
stock_end(PyObject *pending, bool done)
{
    if (!done) {
        PyErr_WriteUnraisable(NULL);
    }
    compat_put_exception(pending);
    return done;
}
