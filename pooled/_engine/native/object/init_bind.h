/* Binding: the arguments of a call become the values of the parameters of `__init__`. */

#ifndef POOLED_INIT_BIND_H
#define POOLED_INIT_BIND_H

#include "base/compat.h"
#include "object/init_plan.h"

/* Find the parameters that the keyword arguments name, and remember them. False if one names no parameter that can be
   passed by keyword. */
bool init_bind_find_names(InitPlan *plan, PyObject *names);

/* The default of a parameter that can only be passed by keyword, borrowed; NULL for any other parameter. */
PyObject *init_bind_keyword_default(const InitPlan *plan, Py_ssize_t index);

/* The values of the parameters, borrowed, in an array that is `args` or `room`. NULL, without an exception, if the call
   does not bind. */
static ALWAYS_INLINE PyObject *const *
init_bind(InitPlan *plan, PyObject *const *args, Py_ssize_t count, PyObject *names, PyObject **room)
{
    if (LIKELY(count == plan->parameters && names == NULL && count <= plan->positional)) {
        return args;
    }
    if (UNLIKELY(count > plan->positional)) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        room[i] = args[i];
    }
    uint64_t named = 0; /* a bit for each parameter that is passed by keyword */
    if (names != NULL && PyTuple_GET_SIZE(names) != 0) {
        if (UNLIKELY(names != plan->known_names && !init_bind_find_names(plan, names))) {
            return NULL;
        }
        if (UNLIKELY(plan->known_least < count)) {
            return NULL; /* it is passed by position, too */
        }
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
            room[plan->known[i]] = args[count + i];
        }
        named = plan->known_set;
    }
    for (Py_ssize_t i = count; i < plan->parameters; i++) {
        if (named >> i & 1) {
            continue;
        }
        room[i] = plan->defaults[i];
        if (UNLIKELY(room[i] == NULL) && (room[i] = init_bind_keyword_default(plan, i)) == NULL) {
            return NULL;
        }
    }
    return room;
}

#endif
