/* Initialisation: how the `__init__` of a class is called on an object that came from the pool or from `__new__`. */

#ifndef POOLED_RUN_INIT_H
#define POOLED_RUN_INIT_H

#include "base/arguments.h"
#include "base/compat.h"
#include "pool/hook_table.h"

/* Call the `__init__` of the class. -1 with an exception set. `was_blank`: the object was parked empty, so a call of an
   `__init__` in C without arguments is skipped. */
int run_init(Hook *hook, PyObject *self, bool was_blank, PyObject *const *args, size_t nargsf, PyObject *names);

/* Call the tp_init of an object, as `type.__call__` does. -1 with an exception set. */
int run_init_slot(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names);

/* Call init(self, *args, **kwargs) for an `__init__` of any type: bind it to `self` first. NULL with an exception
   set. */
PyObject *run_init_bound(PyObject *init, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names);

enum { MAX_COPIED_ARGS = 8 }; /* the most arguments that are copied to put `self` before them; more are bound */

/* The same for a function in Python. `self` goes into the slot before the arguments, if PY_VECTORCALL_ARGUMENTS_OFFSET
   allows that. Otherwise the arguments are copied. The frame of the call has a reference of its own to `self`. */
static inline PyObject *
run_init_function(PyObject *init, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    if (names != NULL && !arguments_have_text_names(names)) {
        return NULL;
    }
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
    if (all > MAX_COPIED_ARGS) {
        return run_init_bound(init, self, args, nargsf, names);
    }
    PyObject *copies[MAX_COPIED_ARGS + 1] = {self};
    for (Py_ssize_t i = 0; i < all; i++) {
        copies[i + 1] = args[i];
    }
    return call(init, copies, (size_t)count + 1, names);
}

/* Release the result of an `__init__`, which can be NULL. 0 if it is None, else -1 with an exception set. */
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
