#include "object/init_bind.h"

/* The index of the parameter that a keyword argument names, or -1. */
static Py_ssize_t
find_name(const InitPlan *plan, PyObject *name)
{
    for (Py_ssize_t i = plan->only; i < plan->parameters; i++) {
        if (plan->names[i] == name) {
            return i;
        }
    }
    if (!PyUnicode_CheckExact(name)) {
        return -1; /* its comparison may be written in Python */
    }
    for (Py_ssize_t i = plan->only; i < plan->parameters; i++) {
        if (PyUnicode_Compare(plan->names[i], name) == 0) {
            return i; /* it was made at run time, and is not interned */
        }
    }
    return -1;
}

bool
init_bind_find_names(InitPlan *plan, PyObject *names)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    if (count > plan->parameters) {
        return false;
    }
    Py_CLEAR(plan->known_names); /* a tuple of strings: no code runs */
    uint64_t found = 0;
    plan->known_least = INIT_MOST;
    plan->known_end = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t index = find_name(plan, PyTuple_GET_ITEM(names, i));
        if (index < 0 || (found >> index & 1)) {
            return false;
        }
        found |= UINT64_C(1) << index;
        plan->known[i] = (uint8_t)index;
        plan->known_least = index < plan->known_least ? (uint8_t)index : plan->known_least;
        plan->known_end = index >= plan->known_end ? (uint8_t)(index + 1) : plan->known_end;
    }
    plan->known_set = found;
    plan->known_names = Py_NewRef(names);
    return true;
}

PyObject *
init_bind_keyword_default(const InitPlan *plan, Py_ssize_t index)
{
    PyObject *defaults = plan->functions[0].kwdefaults;
    if (index < plan->positional || defaults == NULL) {
        return NULL;
    }
    return compat_dict_find_text(defaults, plan->names[index]); /* the dict may have been changed since */
}
