#include "object/plan.h"

#include "base/arguments.h"

_Static_assert(SHARED_KEYS_MAX_SIZE <= 64, "`shared` has a bit for each key that the objects of a class can share");

/* ---- steps ---- */

/* Append a step for a field whose place is known. */
static void
add_step(Step **next, Field *field)
{
    bool is_slot = field->offset != 0;
    *(*next)++ = (Step){
        .base = is_slot ? FROM_OBJECT : FROM_VALUES,
        .kind = field->part.kind,
        .at = is_slot ? field->offset : field->index * (Py_ssize_t)sizeof(PyObject *),
        .field = field,
    };
}

/* Append a step for each field of this kind whose place is known. */
static void
add_steps(Fields *fields, Step **next, FieldKind kind)
{
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        if (fields->items[i].kind == kind && has_place(&fields->items[i])) {
            add_step(next, &fields->items[i]);
        }
    }
}

bool
fields_has_slot(const Fields *fields, Py_ssize_t offset)
{
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        if (fields->items[i].offset == offset) {
            return true;
        }
    }
    return false;
}

/* Set the steps, from the places that are known. `find_places` has allocated enough of them. */
static void
plan_steps(Fields *fields)
{
    Step *next = fields->steps;
    add_steps(fields, &next, FIELD_UNSET);
    for (Py_ssize_t i = 0; i < fields->slots.count; i++) {
        if (!fields_has_slot(fields, fields->slots.offsets[i])) {
            *next++ = (Step){.base = FROM_OBJECT, .at = fields->slots.offsets[i]};
        }
    }
    fields->parts = next;
    add_steps(fields, &next, FIELD_PART);
    fields->end = next;
    fields->part_entries = 0;
    for (const Step *step = fields->parts; step < fields->end; step++) {
        if (step->base == FROM_VALUES) {
            fields->part_order[fields->part_entries++] = (uint8_t)step->field->index;
        }
    }
}

/* Publish the steps: a thread that reads true also reads the steps and indices that were written before. */
static void
set_knows_shared(Fields *fields, bool knows)
{
#if COMPAT_FREE_THREADED
    _Py_atomic_store_uint8((uint8_t *)&fields->knows_shared, knows);
#else
    fields->knows_shared = knows;
#endif
}

/* Look up the indices that are unknown, and set the steps. The lock is held. An index in the shared keys of a class
   never changes. */
static void
find_indices(Fields *fields)
{
    bool knows = true;
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        Field *field = &fields->items[i];
        if (field->offset != 0) {
            continue;
        }
        if (field->index < 0) {
            field->index = compat_shared_index(fields->type, field->name);
        }
        if (field->index >= 0) {
            fields->shared |= UINT64_C(1) << field->index;
            fields->room = field->index >= fields->room ? field->index + 1 : fields->room;
        }
        else {
            knows = false;
        }
    }
    plan_steps(fields);
    set_knows_shared(fields, knows);
}

COLD void
fields_find_indices(Fields *fields)
{
    if (!compat_has_values(fields->type)) {
        return;
    }
    lock_acquire(&fields->lock);
    /* Where code in C gives every object a dict, the class never has shared keys. */
    enum { OFTEN = 8, SELDOM = 256 };
    unsigned searches = fields->searches++;
    if (!fields->knows_shared && (searches < OFTEN || searches % SELDOM == 0)) {
        find_indices(fields);
    }
    lock_release(&fields->lock);
}

void
fields_set_order(const Fields *fields, const CompatValues *values)
{
    int count = 0;
    for (const Field *field = fields->items, *end = field + fields->count; field < end; field++) {
        if (field->offset == 0 && field->index >= 0 && values->items[field->index] != NULL) {
            values->order[count++ * values->step] = (uint8_t)field->index;
        }
    }
    *values->count = (uint8_t)count;
}

/* ---- the class Fields ---- */

/* A class may have the descriptor of another class in its dict: the slot has to belong to objects of this class. */
Py_ssize_t
fields_slot_offset(PyTypeObject *type, PyObject *name)
{
    PyObject *found = compat_lookup(type, name);
    Py_ssize_t offset = 0;
    if (found != NULL && Py_IS_TYPE(found, &PyMemberDescr_Type) && PyType_IsSubtype(type, PyDescr_TYPE(found))) {
        PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
        bool is_slot = member->type == T_OBJECT_EX && !(member->flags & READONLY);
        bool is_inside = member->offset > 0 && member->offset + (Py_ssize_t)sizeof(PyObject *) <= type->tp_basicsize;
        offset = is_slot && is_inside ? member->offset : 0;
    }
    Py_XDECREF(found);
    return offset;
}

/* Check the conditions that the format of the tuple does not. False with an exception set. */
static bool
check_description(PyObject *name, PyObject *cls, PyObject *restore)
{
    if (!PyUnicode_CheckExact(name)) {
        PyErr_Format(PyExc_TypeError, "name=%R: expected a string, not of a subclass", name);
    }
    else if (cls != Py_None && !PyType_Check(cls)) {
        PyErr_Format(PyExc_TypeError, "cls=%R: expected a class or None", cls);
    }
    else if (restore != Py_None
             && !(PyTuple_Check(restore) && PyTuple_GET_SIZE(restore) == 2
                  && PyUnicode_Check(PyTuple_GET_ITEM(restore, 0)))) {
        PyErr_Format(PyExc_TypeError, "restore=%R: expected a pair of a name and a value, or None", restore);
    }
    return !PyErr_Occurred();
}

/* Check that a field is in no place of the fields before it: each place would be emptied twice. False with ValueError set. */
static bool
check_distinct(const Fields *fields, const Field *field)
{
    for (const Field *other = fields->items; other < field; other++) {
        if (other->name == field->name || (field->offset != 0 && other->offset == field->offset)) {
            PyErr_Format(PyExc_ValueError, "field %R: it is in the same place as %R", field->name, other->name);
            return false;
        }
    }
    return true;
}

/* Initialise a field from its tuple in the arguments of Fields. False with an exception set; then the field holds no
   references. */
static bool
field_init(Field *field, PyTypeObject *type, Strategy strategy, PyObject *description)
{
    PyObject *name, *make, *cls, *keep, *restore;
    int in_c;
    if (!PyTuple_Check(description)) {
        PyErr_Format(PyExc_TypeError, "field %R: expected a tuple", description);
        return false;
    }
    if (!PyArg_ParseTuple(description, "UOOOpO:field", &name, &make, &cls, &keep, &in_c, &restore)
        || !check_description(name, cls, restore)) {
        return false;
    }
    *field = (Field){.kind = keep != Py_None ? FIELD_PART : FIELD_UNSET, .index = -1};
    field->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&field->name);
    field->offset = fields_slot_offset(type, field->name);
    if (field->kind == FIELD_PART) {
        field->make = unless_none(make);
        if (cls != Py_None) {
            part_init(&field->part, (PyTypeObject *)cls, keep, in_c, restore);
        }
        else {
            field->part = (Part){.kind = PART_ANY, .keep = Py_NewRef(keep)};
        }
        if (strategy == STRATEGY_FIELDS && field->part.kind == PART_SET) {
            field->part.kind = PART_FRESH_SET;
        }
    }
    return true;
}

/* Find the slots, allocate the steps, and set them from the slots. False with MemoryError set. */
static bool
find_places(Fields *self)
{
    if (!slots_find(self->type, &PyBaseObject_Type, &self->slots)) {
        return false;
    }
    self->steps = PyMem_New(Step, (size_t)(self->count + self->slots.count + 1));
    if (self->steps == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        self->entries += self->items[i].offset == 0;
    }
    self->has_dict = self->type->tp_dictoffset != 0;
    plan_steps(self);
    return true;
}

static PyObject *
fields_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"cls", "fields", "strategy", "replace", NULL};
    PyTypeObject *type;
    PyObject *fields, *replace;
    int strategy;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!O!$iO:Fields", names, &PyType_Type, &type, &PyTuple_Type, &fields, &strategy, &replace)) {
        return NULL;
    }
    if (strategy != STRATEGY_FIELDS && strategy != STRATEGY_KEEP) {
        return PyErr_Format(PyExc_ValueError, "strategy=%d: expected FIELDS or KEEP", strategy);
    }
    Fields *self = (Fields *)metatype->tp_alloc(metatype, 0);
    if (self == NULL) {
        return NULL;
    }
    self->type = (PyTypeObject *)Py_NewRef(type);
    self->strategy = (Strategy)strategy;
    self->replace = Py_NewRef(replace);
    self->items = PyMem_Calloc((size_t)PyTuple_GET_SIZE(fields) + 1, sizeof(Field));
    if (self->items == NULL) {
        PyErr_NoMemory();
        Py_DECREF(self);
        return NULL;
    }
    while (self->count < PyTuple_GET_SIZE(fields)) {
        Field *field = &self->items[self->count];
        if (!field_init(field, type, self->strategy, PyTuple_GET_ITEM(fields, self->count))) {
            Py_DECREF(self);
            return NULL;
        }
        self->count++; /* from here on, the dealloc frees the field */
        if (!check_distinct(self, field)) {
            Py_DECREF(self);
            return NULL;
        }
    }
    if (!find_places(self)) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static int
fields_traverse(Fields *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->type);
    Py_VISIT(self->replace);
    Py_VISIT(self->former);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Py_VISIT(self->items[i].make);
        Py_VISIT(self->items[i].part.type);
        Py_VISIT(self->items[i].part.keep);
        Py_VISIT(self->items[i].part.restore);
    }
    return 0;
}

/* There is no tp_clear, because parked objects cannot be freed without their plan. The collector breaks a cycle at the
   dict of the class, or at the pool. */
static void
fields_dealloc(Fields *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Field *field = &self->items[i];
        Py_XDECREF(field->name);
        Py_XDECREF(field->make);
        part_free(&field->part);
    }
    PyMem_Free(self->items);
    PyMem_Free(self->steps);
    slots_free(&self->slots);
    Py_XDECREF(self->replace);
    Py_XDECREF(self->former);
    Py_XDECREF(self->type);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

bool
fields_check(PyObject *object)
{
    return Py_TYPE(object)->tp_dealloc == (destructor)fields_dealloc; /* the class has no subclasses */
}

static PyType_Slot fields_slots[] = {
    {Py_tp_doc, "How the objects of a class are emptied in place, field by field."},
    {Py_tp_new, fields_new},
    {Py_tp_traverse, fields_traverse},
    {Py_tp_dealloc, fields_dealloc},
    {0, NULL},
};

PyType_Spec fields_spec = {
    .name = "pooled._engine.native._native.Fields",
    .basicsize = sizeof(Fields),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = fields_slots,
};
