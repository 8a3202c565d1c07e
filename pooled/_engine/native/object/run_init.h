/* Init: how the __init__ of a class is run on an object that it did not have to make. */

#ifndef POOLED_RUN_INIT_H
#define POOLED_RUN_INIT_H

#include "base/compat.h"
#include "pool/hook_table.h"

/* Run the class's __init__. `was_blank`: the object was parked with nothing in it, so that one in C that is given
   nothing has nothing to do. */
int run_init(Hook *hook, PyObject *self, bool was_blank, PyObject *const *args, size_t nargsf, PyObject *names);

/* Run an __init__ by its slot, as type.__call__ does. */
int run_init_slot(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names);

/* init(self, *args, **kwargs) for an __init__ that is a descriptor of some kind of its own. */
PyObject *run_init_bound(PyObject *init, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names);

enum { FEW = 8 }; /* arguments that are copied to have a slot before them; more go the long way */

/* The same for a function. The caller may let us use the slot before the arguments; else they are copied. The frame that
   the function gets holds on to it. */
static inline PyObject *
run_init_function(PyObject *init, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    vectorcallfunc call = ((PyFunctionObject *)init)->vectorcall;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    if (LIKELY(nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET)) {
        PyObject **slot = (PyObject **)args - 1;
        PyObject *former = *slot;
        *slot = self;
        PyObject *answer = call(init, slot, (size_t)count + 1, names);
        *slot = former;
        return answer;
    }
    Py_ssize_t all = count + (names != NULL ? PyTuple_GET_SIZE(names) : 0);
    if (all > FEW) {
        return run_init_bound(init, self, args, nargsf, names);
    }
    PyObject *copies[FEW + 1] = {self};
    for (Py_ssize_t i = 0; i < all; i++) {
        copies[i + 1] = args[i];
    }
    return call(init, copies, (size_t)count + 1, names);
}

/* Make nothing of what an __init__ gave: 0 where it is None, else -1 with an exception set. */
static inline int
check_none(PyObject *answer)
{
    if (LIKELY(answer == Py_None)) {
        Py_DECREF(answer);
        return 0;
    }
    if (answer != NULL) {
        PyErr_Format(PyExc_TypeError, "__init__() should return None, not '%.200s'", Py_TYPE(answer)->tp_name);
        Py_DECREF(answer);
    }
    return -1;
}

#endif
