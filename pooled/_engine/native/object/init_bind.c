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
init_bind_find_names(const InitPlan *plan, PyObject *names, Named *named)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    if (count > plan->parameters) {
        return false;
    }
    named->set = 0;
    named->least = INIT_MOST;
    named->end = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t index = find_name(plan, PyTuple_GET_ITEM(names, i));
        if (index < 0 || (named->set >> index & 1)) {
            return false;
        }
        named->set |= UINT64_C(1) << index;
        named->indices[i] = (uint8_t)index;
        named->least = index < named->least ? (uint8_t)index : named->least;
        named->end = index >= named->end ? (uint8_t)(index + 1) : named->end;
    }
    return true;
}

#if !COMPAT_FREE_THREADED

bool
init_bind_learn_names(InitPlan *plan, PyObject *names)
{
    Py_CLEAR(plan->known_names); /* a tuple of strings: no code runs */
    if (!init_bind_find_names(plan, names, &plan->known)) {
        return false;
    }
    plan->known_names = Py_NewRef(names);
    return true;
}

#endif

PyObject *
init_bind_keyword_default(const InitPlan *plan, Py_ssize_t index)
{
    PyObject *defaults = plan->functions[0].kwdefaults;
    if (index < plan->positional || defaults == NULL) {
        return NULL;
    }
    /* The dict may have been changed since it was read. */
    PyObject *value = compat_dict_find_text(defaults, plan->names[index]);
    return !COMPAT_FREE_THREADED || value == plan->kwdefaults[index] ? value : NULL;
}
