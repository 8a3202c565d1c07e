#include "containers/stock.h"

/* Static, since deallocs have no module to ask; set at import, and never again. */
Keeps keeps_capacity;

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
