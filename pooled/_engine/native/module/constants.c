#include "module/constants.h"

#include "object/plan.h"
#include "pool/outcome.h"
#include "pool/store.h"

typedef struct {
    const char *name;
    int value;
} Constant;

/* The names are those of the enums in pooled/_plan/strategy.py. */
static const Constant strategies[] = {{"SCRUB", STRATEGY_SCRUB},
                                      {"FIELDS", STRATEGY_FIELDS},
                                      {"KEEP", STRATEGY_KEEP},
                                      {"RESET", STRATEGY_RESET},
                                      {NULL, 0}};

static const Constant completions[] = {
    {"ASSIGNS", COMPLETION_ASSIGNS}, {"CONVERTS", COMPLETION_CONVERTS}, {"ALWAYS", COMPLETION_ALWAYS}, {NULL, 0}};

/* FIELD_DEFAULT_LATER is not among them: C chooses it. */
static const Constant field_kinds[] = {
    {"UNSET", FIELD_UNSET}, {"DEFAULT", FIELD_DEFAULT}, {"PART", FIELD_PART}, {NULL, 0}};

/* The fields of Stats, by Outcome. */
static const char *const outcomes[OUTCOMES + 1] = {
    [HIT] = "hits",
    [MISS] = "misses",
    [RECYCLED] = "recycled",
    [DISCARDED_FULL] = "discarded_full",
    [DISCARDED_LARGE] = "discarded_large",
    [DISCARDED_ERROR] = "discarded_error",
    [DISCARDED_REFUSED] = "discarded_refused",
    [ESCAPED] = "escaped",
    [COLLECTED] = "collected",
    [DETACHED] = "detached",
    [OUTCOMES] = "parked",
};

/* Add an object to the module, unless it is NULL; steals the reference. -1 with an exception set. */
static int
add(PyObject *module, const char *name, PyObject *value)
{
    int status = value == NULL ? -1 : PyModule_AddObjectRef(module, name, value);
    Py_XDECREF(value);
    return status;
}

static int
add_table(PyObject *module, const char *name, const Constant *constants)
{
    PyObject *table = PyDict_New();
    for (; table != NULL && constants->name != NULL; constants++) {
        PyObject *value = PyLong_FromLong(constants->value);
        if (value == NULL || PyDict_SetItemString(table, constants->name, value) < 0) {
            Py_CLEAR(table);
        }
        Py_XDECREF(value);
    }
    return add(module, name, table);
}

static int
add_outcomes(PyObject *module)
{
    PyObject *names = PyTuple_New(OUTCOMES + 1);
    for (int i = 0; names != NULL && i <= OUTCOMES; i++) {
        PyObject *name = PyUnicode_FromString(outcomes[i]);
        if (name == NULL) {
            Py_CLEAR(names);
            break;
        }
        PyTuple_SET_ITEM(names, i, name);
    }
    return add(module, "OUTCOMES", names);
}

int
constants_add(PyObject *module)
{
    if (add_table(module, "STRATEGIES", strategies) < 0 || add_table(module, "COMPLETIONS", completions) < 0
        || add_table(module, "FIELD_KINDS", field_kinds) < 0) {
        return -1;
    }
    return add_outcomes(module);
}
