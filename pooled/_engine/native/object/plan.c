#include "object/plan.h"

#include "base/arguments.h"

_Static_assert(SHARED_KEYS_MAX_SIZE <= 64, "`shared` has a bit for each key that the objects of a class can share");

/* ---- steps ---- */

/* Append a step for a field whose place is known. */
static void
add_step(Step **next, Field *field)
{
    bool is_slot = field->offset != 0;
    Step *step = (*next)++;
    *step = (Step){
        .base = is_slot ? FROM_OBJECT : FROM_VALUES,
        .at = is_slot ? field->offset : field->index * (Py_ssize_t)sizeof(PyObject *),
        .field = field,
    };
    if (field->kind == FIELD_PART) {
        step->part = &field->part;
    }
    else {
        step->value = field->value;
    }
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
    add_steps(fields, &next, FIELD_DEFAULT);
    fields->unsets = next;
    add_steps(fields, &next, FIELD_UNSET);
    for (Py_ssize_t i = 0; i < fields->slots.count; i++) {
        if (!fields_has_slot(fields, fields->slots.offsets[i])) {
            *next++ = (Step){.base = FROM_OBJECT, .at = fields->slots.offsets[i]};
        }
    }
    fields->laters = next;
    add_steps(fields, &next, FIELD_DEFAULT_LATER);
    fields->parts = next;
    add_steps(fields, &next, FIELD_PART);
    fields->end = next;
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
        else if (field->kind != FIELD_UNSET) {
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

/* ---- keywords ---- */

bool
fields_have_keywords(const Fields *fields, PyObject *keywords)
{
    for (Py_ssize_t i = 0; keywords != NULL && i < PyTuple_GET_SIZE(keywords); i++) {
        if (fields_find_keyword(fields, PyTuple_GET_ITEM(keywords, i)) == NULL) {
            return false;
        }
    }
    return true;
}

Field *
fields_find_keyword(const Fields *fields, PyObject *keyword)
{
    for (Field *field = fields->items, *end = field + fields->count; field < end; field++) {
        if (field->keyword == keyword) {
            return field;
        }
    }
    for (Field *field = fields->items, *end = field + fields->count; field < end; field++) {
        if (field->keyword != NULL && PyUnicode_Compare(field->keyword, keyword) == 0) {
            return field; /* the keyword was made at run time, and is not interned */
        }
    }
    return NULL;
}

/* ---- the class Fields ---- */

/* The offset of the slot that an attribute of this name is stored in, or 0 if it is not in a slot. A class may have the
   descriptor of another class in its dict: the slot has to be one of its own objects. */
static Py_ssize_t
slot_offset(PyTypeObject *type, PyObject *name)
{
    PyObject *found = _PyType_Lookup(type, name);
    if (found == NULL || !Py_IS_TYPE(found, &PyMemberDescr_Type) || !PyType_IsSubtype(type, PyDescr_TYPE(found))) {
        return 0;
    }
    PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
    bool is_slot = member->type == T_OBJECT_EX && !(member->flags & READONLY);
    bool is_inside = member->offset > 0 && member->offset + (Py_ssize_t)sizeof(PyObject *) <= type->tp_basicsize;
    return is_slot && is_inside ? member->offset : 0;
}

/* Check what the format of the tuple does not. False with an exception set. */
static bool
check_description(PyObject *name, PyObject *keyword, int kind, PyObject *cls, PyObject *restore)
{
    if (!PyUnicode_CheckExact(name) || (keyword != Py_None && !PyUnicode_CheckExact(keyword))) {
        PyErr_Format(PyExc_TypeError, "name=%R, keyword=%R: expected strings, not of a subclass", name, keyword);
    }
    else if (kind < FIELD_UNSET || kind > FIELD_PART) {
        PyErr_Format(PyExc_ValueError, "kind=%d: expected one of FIELD_KINDS", kind);
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
field_init(Field *field, PyTypeObject *type, PyObject *description)
{
    PyObject *name, *keyword, *value, *cls, *keep, *restore;
    int kind, in_c;
    if (!PyTuple_Check(description)) {
        PyErr_Format(PyExc_TypeError, "field %R: expected a tuple", description);
        return false;
    }
    if (!PyArg_ParseTuple(description, "UOiOOOpO:field", &name, &keyword, &kind, &value, &cls, &keep, &in_c, &restore)
        || !check_description(name, keyword, kind, cls, restore)) {
        return false;
    }
    *field = (Field){.kind = (FieldKind)kind, .index = -1};
    field->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&field->name);
    if (keyword != Py_None) {
        field->keyword = Py_NewRef(keyword);
        PyUnicode_InternInPlace(&field->keyword);
    }
    field->offset = slot_offset(type, field->name);
    if (field->kind == FIELD_PART) {
        field->value = unless_none(value);
        if (cls != Py_None) {
            part_init(&field->part, (PyTypeObject *)cls, keep, in_c, restore);
        }
        else {
            field->part = (Part){.kind = PART_ANY, .keep = Py_NewRef(keep)};
        }
    }
    else if (field->kind == FIELD_DEFAULT) {
        field->value = Py_NewRef(value);
        /* The collector has untracked such a tuple for good: it holds nothing that can be in a cycle. Another untracked
           object can be tracked later. */
        bool is_settled = PyTuple_CheckExact(value) && !PyObject_GC_IsTracked(value);
        if (PyObject_IS_GC(value) && !is_settled) {
            field->kind = FIELD_DEFAULT_LATER;
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
        self->has_entries |= self->items[i].offset == 0;
    }
    self->has_dict = self->type->tp_dictoffset != 0;
    plan_steps(self);
    return true;
}

static PyObject *
fields_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"cls", "fields", "strategy", "replace", "finish", "completion", NULL};
    PyTypeObject *type;
    PyObject *fields, *replace, *finish;
    int strategy, completion;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!$iOOi:Fields", names, &PyType_Type, &type, &PyTuple_Type,
                                     &fields, &strategy, &replace, &finish, &completion)) {
        return NULL;
    }
    if (strategy != STRATEGY_FIELDS && strategy != STRATEGY_KEEP) {
        return PyErr_Format(PyExc_ValueError, "strategy=%d: expected FIELDS or KEEP", strategy);
    }
    if (completion < COMPLETION_ASSIGNS || completion > COMPLETION_ALWAYS) {
        return PyErr_Format(PyExc_ValueError, "completion=%d: expected one of COMPLETIONS", completion);
    }
    Fields *self = (Fields *)metatype->tp_alloc(metatype, 0);
    if (self == NULL) {
        return NULL;
    }
    self->type = (PyTypeObject *)Py_NewRef(type);
    self->strategy = (Strategy)strategy;
    self->completion = (Completion)completion;
    self->replace = Py_NewRef(replace);
    self->finish = Py_NewRef(finish);
    self->items = PyMem_Calloc((size_t)PyTuple_GET_SIZE(fields) + 1, sizeof(Field));
    if (self->items == NULL) {
        PyErr_NoMemory();
        Py_DECREF(self);
        return NULL;
    }
    while (self->count < PyTuple_GET_SIZE(fields)) {
        Field *field = &self->items[self->count];
        if (!field_init(field, type, PyTuple_GET_ITEM(fields, self->count))) {
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
    Py_VISIT(self->finish);
    Py_VISIT(self->former);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Py_VISIT(self->items[i].value);
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
        Py_XDECREF(field->keyword);
        Py_XDECREF(field->value);
        part_free(&field->part);
    }
    PyMem_Free(self->items);
    PyMem_Free(self->steps);
    slots_free(&self->slots);
    Py_XDECREF(self->replace);
    Py_XDECREF(self->finish);
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
