#include "module/constants.h"

#include "object/init_plan.h"
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

static const Constant sources[] = {{"Argument", SOURCE_ARGUMENT},
                                   {"Constant", SOURCE_CONSTANT},
                                   {"Container", SOURCE_PART},
                                   {"New", SOURCE_NEW},
                                   {NULL, 0}};

/* The fields of Stats, by Outcome. */
static const char *const outcomes[OUTCOMES + 1] = {
    [HIT] = "hits",
    [MISS] = "misses",
    [INSERTED] = "inserted",
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

/* The fields of Constructions, by InitOutcome. */
static const char *const init_outcomes[INIT_OUTCOMES] = {
    [INIT_IN_C] = "in_c",       [INIT_TRACED] = "traced",   [INIT_PATCHED] = "patched",
    [INIT_CHANGED] = "changed", [INIT_UNBOUND] = "unbound", [INIT_UNFIT] = "unfit",
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
add_names(PyObject *module, const char *name, const char *const *texts, int count)
{
    PyObject *names = PyTuple_New(count);
    for (int i = 0; names != NULL && i < count; i++) {
        PyObject *text = PyUnicode_FromString(texts[i]);
        if (text == NULL) {
            Py_CLEAR(names);
            break;
        }
        PyTuple_SET_ITEM(names, i, text);
    }
    return add(module, name, names);
}

int
constants_add(PyObject *module)
{
    if (add_table(module, "STRATEGIES", strategies) < 0 || add_table(module, "SOURCES", sources) < 0
        || add_names(module, "INIT_OUTCOMES", init_outcomes, INIT_OUTCOMES) < 0) {

        return -1;
    }
    return add_names(module, "OUTCOMES", outcomes, OUTCOMES + 1);
}
