#include "containers/stock.h"

KeepsCapacity keeps_capacity;
StockMethods stock_methods;
uint64_t dict_versions;

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
