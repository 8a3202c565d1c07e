#include "object/init_plan.h"

#include "base/arguments.h"

/* Whether an attribute gets an argument or a constant without a test, and keeps no part. */
static bool
is_plain(const Assignment *item)
{
    return item->test < 0 && item->field->kind == FIELD_UNSET && item->other.kind <= SOURCE_CONSTANT;
}

/* ---- places ---- */

bool
init_plan_place(InitPlan *plan)
{
    Fields *fields = plan->fields;
    if (fields->entries != 0 && !fields_steps_usable(fields)) {
        return false;
    }
    plan->order_count = 0;
    Write *write = plan->writes;
    for (Py_ssize_t i = 0; i < plan->count; i++) {
        Assignment *item = &plan->items[i];
        const Field *field = item->field;
        bool is_slot = field->offset != 0;
        item->base = is_slot ? FROM_OBJECT : FROM_VALUES;
        item->at = is_slot ? field->offset : field->index * (Py_ssize_t)sizeof(PyObject *);
        if (!is_slot) {
            plan->order[plan->order_count++] = (uint8_t)field->index;
        }
        if (is_plain(item)) {
            write->base = item->base;
            write->at = item->at;
            write++;
        }
    }
    return true;
}

/* ---- the class InitPlan: everything that Python passes is checked ---- */

/* A new array, zeroed. NULL with MemoryError set. */
static void *
new_array(PyObject *tuple, size_t size)
{
    void *array = PyMem_Calloc((size_t)PyTuple_GET_SIZE(tuple) + 1, size);
    return array == NULL ? PyErr_NoMemory() : array;
}

static bool
source_init(InitPlan *plan, Source *source, PartKind kind, PyObject *description)
{
    int number, argument;
    PyObject *value;
    if (!PyTuple_Check(description) || !PyArg_ParseTuple(description, "iiO:source", &number, &argument, &value)) {
        PyErr_Format(PyExc_TypeError, "source=%R: expected a tuple (kind, argument, value)", description);
        return false;
    }
    bool is_known = SOURCE_ARGUMENT <= number && number <= SOURCE_NEW;
    bool is_inside = number != SOURCE_ARGUMENT || (0 <= argument && argument < plan->parameters);
    bool is_possible = number == SOURCE_PART ? kind < PART_POOLABLE : number != SOURCE_NEW || kind == PART_ANY;
    if (!is_known || !is_inside || !is_possible) {
        PyErr_Format(PyExc_ValueError, "source=%R: there is no such kind, argument or part", description);
        return false;
    }
    *source = (Source){(SourceKind)number, argument, Py_NewRef(value)};
    plan->makes |= number >= SOURCE_PART;
    plan->calls |= number == SOURCE_NEW;
    return true;
}

static bool
item_init(InitPlan *plan, Assignment *item, PyObject *description)
{
    PyObject *sentinel, *same, *other;
    if (!PyTuple_Check(description)
        || !PyArg_ParseTuple(description, "iOOO:item", &item->test, &sentinel, &same, &other)) {
        PyErr_Format(PyExc_TypeError, "item=%R: expected a tuple (test, sentinel, same, other)", description);
        return false;
    }
    if (item->test < -1 || item->test >= plan->parameters) {
        PyErr_Format(PyExc_ValueError, "test=%d: expected the index of a parameter, or -1", item->test);
        return false;
    }
    PartKind kind = item->field->kind == FIELD_PART ? item->field->part.kind : PART_ANY; /* for none */
    item->sentinel = Py_NewRef(sentinel);
    return source_init(plan, &item->same, kind, same) && source_init(plan, &item->other, kind, other);
}

static bool
items_init(InitPlan *plan, PyObject *items)
{
    if (PyTuple_GET_SIZE(items) != plan->fields->count || plan->fields->count > INIT_MOST) {
        PyErr_Format(PyExc_ValueError, "items=%R: expected one for each of at most %d fields", items, INIT_MOST);
        return false;
    }
    plan->watched = new_array(items, sizeof(PyTypeObject *));
    plan->items = plan->watched == NULL ? NULL : new_array(items, sizeof(Assignment));
    while (plan->items != NULL && plan->count < PyTuple_GET_SIZE(items)) {
        Assignment *item = &plan->items[plan->count];
        item->field = &plan->fields->items[plan->count];
        PyObject *description = PyTuple_GET_ITEM(items, plan->count++);
        if (!item_init(plan, item, description)) {
            return false;
        }
    }
    return plan->items != NULL;
}

static bool
names_init(InitPlan *plan, PyObject *names)
{
    if (PyTuple_GET_SIZE(names) > INIT_MOST || plan->positional < 0 || plan->positional > PyTuple_GET_SIZE(names)
        || plan->only < 0 || plan->only > plan->positional) {
        PyErr_Format(PyExc_ValueError, "parameters=%R: too many, or fewer than are positional", names);
        return false;
    }
    plan->names = new_array(names, sizeof(PyObject *));
    for (; plan->names != NULL && plan->parameters < PyTuple_GET_SIZE(names); plan->parameters++) {
        PyObject *name = PyTuple_GET_ITEM(names, plan->parameters);
        if (!PyUnicode_CheckExact(name)) {
            PyErr_Format(PyExc_TypeError, "name=%R: expected a string, not of a subclass", name);
            return false;
        }
        plan->names[plan->parameters] = Py_NewRef(name);
        PyUnicode_InternInPlace(&plan->names[plan->parameters]);
    }
    return plan->names != NULL;
}

/* Whether an object is a tuple or None. */
static bool
is_optional(PyObject *object, PyTypeObject *type)
{
    return object == Py_None || Py_IS_TYPE(object, type);
}

static bool
functions_init(InitPlan *plan, PyObject *functions)
{
    plan->functions = new_array(functions, sizeof(FunctionGuard));
    for (Py_ssize_t i = 0; plan->functions != NULL && i < PyTuple_GET_SIZE(functions); i++) {
        PyObject *description = PyTuple_GET_ITEM(functions, i), *function, *code, *defaults, *kwdefaults;
        if (!PyTuple_Check(description)
            || !PyArg_ParseTuple(description, "OOOO:function", &function, &code, &defaults, &kwdefaults)
            || !PyFunction_Check(function) || !PyCode_Check(code) || !is_optional(defaults, &PyTuple_Type)
            || !is_optional(kwdefaults, &PyDict_Type)) {
            PyErr_Format(PyExc_TypeError, "function=%R: expected (function, code, tuple, dict)", description);
            return false;
        }
        plan->functions[plan->function_count++] = (FunctionGuard){
            (PyFunctionObject *)Py_NewRef(function), Py_NewRef(code), unless_none(defaults), unless_none(kwdefaults)};
    }
    if (plan->functions == NULL) {
        return false;
    }
    PyObject *defaults = plan->function_count == 0 ? NULL : plan->functions[0].defaults;
    if (plan->function_count == 0 || (defaults != NULL && PyTuple_GET_SIZE(defaults) > plan->positional + 1)) {
        PyErr_Format(PyExc_ValueError, "functions=%R: none, or one with too many defaults", functions);
        return false;
    }
    /* The first default may be that of `self`. */
    Py_ssize_t count = defaults == NULL ? 0 : PyTuple_GET_SIZE(defaults);
    for (Py_ssize_t i = count > plan->positional ? 1 : 0; i < count; i++) {
        plan->defaults[plan->positional - count + i] = PyTuple_GET_ITEM(defaults, i);
    }
    plan->required = plan->parameters;
    while (plan->parameters == plan->positional && plan->required > 0 && plan->defaults[plan->required - 1] != NULL) {
        plan->required--;
    }
    return true;
}

/* Remember the defaults of parameters that can only be passed by keyword. They are in a dict that other threads can change. */
static bool
kwdefaults_init(InitPlan *plan)
{
#if COMPAT_FREE_THREADED
    PyObject *defaults = plan->functions[0].kwdefaults;
    plan->kwdefaults = PyMem_Calloc((size_t)plan->parameters + 1, sizeof(PyObject *));
    if (plan->kwdefaults == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t i = plan->positional; defaults != NULL && i < plan->parameters; i++) {
        if (PyDict_GetItemRef(defaults, plan->names[i], &plan->kwdefaults[i]) < 0) {
            return false;
        }
    }
#else
    (void)plan;
#endif
    return true;
}

static bool
globals_init(InitPlan *plan, PyObject *globals)
{
    plan->globals = new_array(globals, sizeof(NameGuard));
    for (Py_ssize_t i = 0; plan->globals != NULL && i < PyTuple_GET_SIZE(globals); i++) {
        PyObject *description = PyTuple_GET_ITEM(globals, i), *namespace, *builtins, *name, *value;
        if (!PyTuple_Check(description)
            || !PyArg_ParseTuple(description, "OOOO:global", &namespace, &builtins, &name, &value)
            || !PyDict_CheckExact(namespace) || !PyDict_CheckExact(builtins) || !PyUnicode_CheckExact(name)) {
            PyErr_Format(PyExc_TypeError, "global=%R: expected (dict, dict, name, value)", description);
            return false;
        }
        NameGuard *guard = &plan->globals[plan->global_count++];
        *guard = (NameGuard){Py_NewRef(namespace), Py_NewRef(builtins), Py_NewRef(name), Py_NewRef(value), 0};
        PyUnicode_InternInPlace(&guard->name);
        compat_dict_share(namespace);
        compat_dict_share(builtins);
    }
    return plan->globals != NULL;
}

static bool
cells_init(InitPlan *plan, PyObject *cells)
{
    plan->cells = new_array(cells, sizeof(CellGuard));
    for (Py_ssize_t i = 0; plan->cells != NULL && i < PyTuple_GET_SIZE(cells); i++) {
        PyObject *description = PyTuple_GET_ITEM(cells, i), *cell, *value;
        if (!PyTuple_Check(description) || !PyArg_ParseTuple(description, "OO:cell", &cell, &value)
            || !PyCell_Check(cell)) {
            PyErr_Format(PyExc_TypeError, "cell=%R: expected (cell, value)", description);
            return false;
        }
        plan->cells[plan->cell_count++] = (CellGuard){Py_NewRef(cell), Py_NewRef(value)};
    }
    return plan->cells != NULL;
}

/* How many of the arguments a call can give and be plain, for this attribute. */
static Py_ssize_t
plain_most(const InitPlan *plan, const Assignment *item)
{
    if (item->test < 0) {
        return is_plain(item) || item->other.kind == SOURCE_PART ? INIT_MOST : -1;
    }
    bool is_kept = item->same.kind == SOURCE_PART && plan->defaults[item->test] == item->sentinel;
    return is_kept ? item->test : -1;
}

/* Find out what a plain call has to do. */
static bool
writes_init(InitPlan *plan)
{
    plan->plain_most = INIT_MOST;
    plan->writes = PyMem_New(Write, plan->count + 1);
    if (plan->writes == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (const Assignment *item = plan->items, *end = item + plan->count; item < end; item++) {
        Py_ssize_t most = plain_most(plan, item);
        plan->plain_most = most < plan->plain_most ? most : plan->plain_most;
        if (is_plain(item)) {
            bool is_constant = item->other.kind == SOURCE_CONSTANT;
            plan->writes[plan->write_count++] = (Write){
                .argument = is_constant ? INT_MAX : item->other.argument,
                .value = is_constant ? item->other.value : plan->defaults[item->other.argument],
            };
        }
    }
    return true;
}

static PyObject *
init_plan_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"fields",  "parameters", "positional",   "positional_only", "items", "functions",
                            "globals", "cells",      "uses_setattr", "has_super",       NULL};
    PyObject *fields, *parameters, *items, *functions, *globals, *cells;
    Py_ssize_t positional, only;
    int uses_setattr, has_super;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO!nnO!O!O!O!pp:InitPlan", names, &fields, &PyTuple_Type,
                                     &parameters, &positional, &only, &PyTuple_Type, &items, &PyTuple_Type, &functions,
                                     &PyTuple_Type, &globals, &PyTuple_Type, &cells, &uses_setattr, &has_super)) {
        return NULL;
    }
    if (!fields_check(fields) || ((Fields *)fields)->strategy != STRATEGY_FIELDS) {
        return PyErr_Format(PyExc_TypeError, "fields=%R: expected Fields of the strategy FIELDS", fields);
    }
    InitPlan *self = (InitPlan *)metatype->tp_alloc(metatype, 0);
    if (self == NULL) {
        return NULL;
    }
    self->fields = (Fields *)Py_NewRef(fields);
    self->version = self->seen = NO_VERSION;
    self->positional = positional;
    self->only = only;
    self->uses_setattr = uses_setattr;
    self->has_super = has_super;
    if (!names_init(self, parameters) || !items_init(self, items) || !functions_init(self, functions)
        || !kwdefaults_init(self) || !globals_init(self, globals) || !cells_init(self, cells) || !writes_init(self)) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static int
init_plan_traverse(InitPlan *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->fields);
    Py_VISIT(self->former);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Py_VISIT(self->items[i].sentinel);
        Py_VISIT(self->items[i].same.value);
        Py_VISIT(self->items[i].other.value);
    }
    for (Py_ssize_t i = 0; self->kwdefaults != NULL && i < self->parameters; i++) {
        Py_VISIT(self->kwdefaults[i]);
    }
    for (Py_ssize_t i = 0; i < self->function_count; i++) {
        Py_VISIT(self->functions[i].function);
        Py_VISIT(self->functions[i].code);
        Py_VISIT(self->functions[i].defaults);
        Py_VISIT(self->functions[i].kwdefaults);
    }
    for (Py_ssize_t i = 0; i < self->global_count; i++) {
        Py_VISIT(self->globals[i].globals);
        Py_VISIT(self->globals[i].builtins);
        Py_VISIT(self->globals[i].value);
    }
    for (Py_ssize_t i = 0; i < self->watched_count; i++) {
        Py_VISIT(self->watched[i]);
    }
    for (Py_ssize_t i = 0; i < self->cell_count; i++) {
        Py_VISIT(self->cells[i].cell);
        Py_VISIT(self->cells[i].value);
    }
    return 0;
}

static void
free_guards(InitPlan *self)
{
    for (Py_ssize_t i = 0; i < self->function_count; i++) {
        Py_DECREF(self->functions[i].function);
        Py_DECREF(self->functions[i].code);
        Py_XDECREF(self->functions[i].defaults);
        Py_XDECREF(self->functions[i].kwdefaults);
    }
    for (Py_ssize_t i = 0; i < self->global_count; i++) {
        Py_DECREF(self->globals[i].globals);
        Py_DECREF(self->globals[i].builtins);
        Py_DECREF(self->globals[i].name);
        Py_DECREF(self->globals[i].value);
    }
    for (Py_ssize_t i = 0; i < self->cell_count; i++) {
        Py_DECREF(self->cells[i].cell);
        Py_DECREF(self->cells[i].value);
    }
    for (Py_ssize_t i = 0; i < self->watched_count; i++) {
        Py_DECREF(self->watched[i]);
    }
    PyMem_Free(self->watched);
    PyMem_Free(self->functions);
    PyMem_Free(self->globals);
    PyMem_Free(self->cells);
}

/* There is no tp_clear, as there is none of Fields. */
static void
init_plan_dealloc(InitPlan *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Py_XDECREF(self->items[i].sentinel);
        Py_XDECREF(self->items[i].same.value);
        Py_XDECREF(self->items[i].other.value);
    }
    for (Py_ssize_t i = 0; i < self->parameters; i++) {
        Py_XDECREF(self->names[i]);
        if (self->kwdefaults != NULL) {
            Py_XDECREF(self->kwdefaults[i]);
        }
    }
    PyMem_Free(self->kwdefaults);
    PyMem_Free(self->items);
    PyMem_Free(self->writes);
    PyMem_Free(self->names);
    free_guards(self);
    Py_XDECREF(self->known_names);
    Py_XDECREF(self->fields);
    Py_XDECREF(self->former);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

bool
init_plan_check(PyObject *object)
{
    return Py_TYPE(object)->tp_dealloc == (destructor)init_plan_dealloc; /* the class has no subclasses */
}

static PyType_Slot init_plan_slots[] = {
    {Py_tp_doc, "What the `__init__` of a class assigns, so that C can assign it."},
    {Py_tp_new, init_plan_new},
    {Py_tp_traverse, init_plan_traverse},
    {Py_tp_dealloc, init_plan_dealloc},
    {0, NULL},
};

PyType_Spec init_plan_spec = {
    .name = "pooled._engine.native._native.InitPlan",
    .basicsize = sizeof(InitPlan),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = init_plan_slots,
};
