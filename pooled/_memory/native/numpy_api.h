/* NumPy's C API, found at run time: the build needs no NumPy. */

#ifndef POOLED_NUMPY_API_H
#define POOLED_NUMPY_API_H

#include "handler.h"

/* Find the API of a module of NumPy, and its default handler. False with an exception set. */
bool numpy_connect(PyObject *multiarray);

/* Whether `numpy_connect` has succeeded. Else an exception is set. */
bool numpy_is_connected(void);

/* Set the handler of the current context, a capsule. Returns the former one, or NULL with an exception set. */
PyObject *numpy_set_handler(PyObject *capsule);

/* The shape of an array to make, and what its elements are. */
typedef struct {
    PyObject *descr; /* borrowed */
    int dimensions;
    Py_ssize_t *shape;
    bool is_fortran;
} ArrayForm;

/* Whether an object is a dtype of NumPy's. */
bool numpy_is_descr(PyObject *object);

/* A new array whose data is a block, which it owns from then on: it returns to the handler in `capsule`. NULL with an
   exception set; then the block is still the caller's. */
PyObject *numpy_array_on(Block *block, PyObject *capsule, const ArrayForm *form);

/* The name of NumPy's default handler. */
const char *numpy_default_name(void);

/* Put a handler in the place of NumPy's default one, for all contexts and threads. Arrays that exist stay valid, since a
   handler passes on what it did not allocate. It must live forever. False with an exception set. */
bool numpy_replace_default(Handler *handler);

/* Whether that was done. */
bool numpy_default_is_replaced(void);

#endif
