/* Plans of construction: what the `__init__` of a class assigns, so that C can assign it.

   A plan is made in Python, from the bytecode of `__init__` (pooled/_plan/init_reader.py). An `__init__` has a plan
   only if none of its steps can run Python code. `init_guards.h` says when a plan holds, `init_bind.h` how the
   arguments of a call become the values of parameters, and `init_run.h` how they are assigned. */

#ifndef POOLED_INIT_PLAN_H
#define POOLED_INIT_PLAN_H

#include "base/compat.h"
#include "object/plan.h"

enum { INIT_MOST = 64 }; /* the most parameters, and the most attributes, that a plan can have */

typedef enum {
    SOURCE_ARGUMENT, /* the argument of index `argument` */
    SOURCE_CONSTANT, /* `value` */
    SOURCE_PART,     /* the part that the object kept, or a new one */
    SOURCE_NEW,      /* what `value` returns when it is called: a container that no part can be */
} SourceKind;

typedef struct {
    SourceKind kind;
    int argument;
    PyObject *value; /* a strong reference, or NULL */
} Source;

/* One attribute, and the value that it gets: `same` if the argument `test` is the object `sentinel`, else `other`. Without
   a test, it gets `other`. */
typedef struct {
    int base; /* its place, as in a Step; set once the places are known */
    int test; /* -1: there is no test */
    Py_ssize_t at;
    Field *field;       /* borrowed from the fields of the plan */
    PyObject *sentinel; /* a strong reference, or NULL */
    Source same, other;
} Assignment;

/* One attribute that is assigned without a test, and keeps no part: what a plain call needs of its Assignment. */
typedef struct {
    int base;     /* its place, as in a Step; set once the places are known */
    int argument; /* the index of the argument that it gets; INT_MAX for a constant */
    Py_ssize_t at;
    PyObject *value; /* the default of that argument, or the constant; borrowed from the plan; NULL if there is none */
} Write;

/* A function that was read: `__init__` of the class, or one that it calls. All references are strong. */
typedef struct {
    PyFunctionObject *function;
    PyObject *code;
    PyObject *defaults;   /* or NULL */
    PyObject *kwdefaults; /* or NULL */
} FunctionGuard;

/* A name that was read in two dicts, the globals and the builtins of a function. All references are strong. */
typedef struct {
    PyObject *globals, *builtins, *name, *value;
    Py_ssize_t hint; /* the index of the entry in `globals`, or in `builtins` where `globals` has none. Atomic */
} NameGuard;

/* A variable of an enclosing scope that was read. Both references are strong. */
typedef struct {
    PyObject *cell, *value;
} CellGuard;

/* The parameters that the keyword arguments of a call name. */
typedef struct {
    uint64_t set; /* a bit for each */
    uint8_t indices[INIT_MOST];
    uint8_t least; /* the first of these */
    uint8_t end;   /* the last of these plus 1 */
} Named;

/* Without a GIL, a plan that a store has does not change, except for its atomic fields. */
typedef struct InitPlan {
    PyObject_HEAD
    Fields *fields;           /* the attributes, in the order in which they are assigned; a strong reference */
    uintptr_t version;        /* the version tag of the class for which the plan was checked; or NO_VERSION. Atomic */
    uintptr_t seen;           /* the latest other version tag of the class; or NO_VERSION. Atomic */
    bool uses_setattr;        /* whether the plan holds only while the class has the __setattr__ of `object` */
    bool has_super;           /* whether the plan includes an inherited `__init__` */
    bool makes;               /* whether some value is a SOURCE_PART or SOURCE_NEW */
    bool calls;               /* whether some value is a SOURCE_NEW */
    uint8_t order_count;      /* of `order` */
    uint8_t order[INIT_MOST]; /* the indices in the shared keys, as an object with values lists them */
    Py_ssize_t count;         /* attributes */
    Assignment *items;        /* one for each field; the plan owns the array */
    Write *writes;            /* in the same order; the plan owns the array */
    Py_ssize_t write_count;
    Py_ssize_t plain_most;    /* -1: no call is plain. A call is plain if it passes at most this many first arguments:
                                 then no test is made, and attributes that are not in `writes` keep their parts */
    Py_ssize_t parameters;    /* without `self` */
    Py_ssize_t positional;    /* how many of them can be passed by position */
    Py_ssize_t required;      /* the fewest that bind by position alone; `parameters` if some can only be named */
    Py_ssize_t only;          /* how many of them cannot be passed by keyword */
    PyObject **names;         /* of the parameters, interned; strong references; the plan owns the array */
    FunctionGuard *functions; /* the first is `__init__`; the plan owns these arrays */
    NameGuard *globals;
    CellGuard *cells;
    Py_ssize_t function_count, global_count, cell_count;
    PyTypeObject **watched; /* the classes of class attributes that have the name of an attribute in `items`, if they
                                     can get a __set__ later; strong references; the plan owns the array */
    Py_ssize_t watched_count;
    PyObject *known_names; /* the names of keyword arguments in the latest such call; a strong reference, or NULL. With
                                 a GIL */
    Named known;           /* the parameters that they name */
    PyObject **kwdefaults; /* the defaults of the other parameters when they were read: strong references, or NULL; the
                                 plan owns the array. Without a GIL */
    struct InitPlan *former; /* the next older of the retired plans of a store; a strong reference, or NULL */
    PyObject
        *defaults[INIT_MOST]; /* of the parameters that can be passed by position; borrowed from `functions`, or NULL */
} InitPlan;

/* The class InitPlan: InitPlan(fields, parameters, positional, positional_only, items, functions, globals, cells,
   uses_setattr, has_super). `items` has a tuple (test, sentinel, same, other) for each field, where `same` and `other` are
   tuples (kind, argument, value). */
extern PyType_Spec init_plan_spec;

/* Whether an object is an instance of that class, of whichever module. */
bool init_plan_check(PyObject *object);

/* Set the places of the attributes, before a store gets the plan. False while they are unknown. */
bool init_plan_place(InitPlan *plan);

#endif
