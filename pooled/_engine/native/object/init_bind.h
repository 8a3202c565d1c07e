/* Binding: the arguments of a call become the values of the parameters of `__init__`. */

#ifndef POOLED_INIT_BIND_H
#define POOLED_INIT_BIND_H

#include "base/compat.h"
#include "object/init_plan.h"

/* Find the parameters that the keyword arguments name. False if one names no parameter that can be passed by keyword. */
bool init_bind_find_names(const InitPlan *plan, PyObject *names, Named *named);

#if COMPAT_FREE_THREADED

/* The same, in `room`. NULL in place of false. Other threads use the plan, too, so it does not remember the names. */
static inline const Named *
init_bind_named(InitPlan *plan, PyObject *names, Named *room)
{
    return LIKELY(init_bind_find_names(plan, names, room)) ? room : NULL;
}

#else

/* The same, for the plan to remember. */
bool init_bind_learn_names(InitPlan *plan, PyObject *names);

/* The same. Calls from one place in the code pass the same tuple, which the plan remembers. */
static inline const Named *
init_bind_named(InitPlan *plan, PyObject *names, Named *Py_UNUSED(room))
{
    return LIKELY(names == plan->known_names || init_bind_learn_names(plan, names)) ? &plan->known : NULL;
}

#endif

/* The default of a parameter that can only be passed by keyword, borrowed; NULL for any other parameter. */
PyObject *init_bind_keyword_default(const InitPlan *plan, Py_ssize_t index);

/* The values of the first `*count` parameters, borrowed, in an array that is `args` or `room`. The others have their defaults.
   `*count` is the number of positional arguments before. NULL, without an exception, if the call does not bind. */
static ALWAYS_INLINE PyObject *const *
init_bind(InitPlan *plan, PyObject *const *args, Py_ssize_t *count, PyObject *names, PyObject **room)
{
    const Py_ssize_t given = *count;
    if (LIKELY(names == NULL && given >= plan->required && given <= plan->positional)) {
        return args;
    }
    if (UNLIKELY(given > plan->positional)) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < given; i++) {
        room[i] = args[i];
    }
    /* The defaults of keyword-only parameters are looked up. */
    Py_ssize_t end = plan->parameters > plan->positional ? plan->parameters : given;
    uint64_t named = 0; /* a bit for each parameter that is passed by keyword */
    if (names != NULL && PyTuple_GET_SIZE(names) != 0) {
        Named found;
        const Named *known = init_bind_named(plan, names, &found);
        if (UNLIKELY(known == NULL || known->least < given)) {
            return NULL; /* the latter: it is passed by position, too */
        }
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
            room[known->indices[i]] = args[given + i];
        }
        named = known->set;
        end = known->end > end ? known->end : end;
    }
    for (Py_ssize_t i = given; i < end; i++) {
        if (named >> i & 1) {
            continue;
        }
        room[i] = plan->defaults[i];
        if (UNLIKELY(room[i] == NULL) && (room[i] = init_bind_keyword_default(plan, i)) == NULL) {
            return NULL;
        }
    }
    *count = end;
    return LIKELY(end >= plan->required) ? room : NULL;
}

/* Write the values of all parameters into `room`, of which init_bind gave the first `count`. */
static inline void
init_bind_all(const InitPlan *plan, PyObject *const *values, Py_ssize_t count, PyObject **room)
{
    for (Py_ssize_t i = 0; i < plan->parameters; i++) {
        room[i] = i < count ? values[i] : plan->defaults[i];
    }
}

#endif
