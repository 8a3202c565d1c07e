#include "fields.h"

#include "asking.h"
#include "by_name.h"
#include "hook.h"

/* ---- where fields are ---- */

/* Find out the indices of fields among the keys that the objects of the class share; they never change. */
static COLD void
learn_shared(Fields *fields)
{
    if (!compat_has_values(fields->type)) {
        return;
    }
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
        else if (field->kind != UNSET) {
            knows = false;
        }
    }
    fields->knows_shared = knows;
}

/* The values of an object, where all fields that are filled can be found in them. */
static inline bool
find_values(Fields *fields, PyObject *self, CompatValues *values)
{
    if (UNLIKELY(!fields->knows_shared)) {
        learn_shared(fields);
    }
    return fields->knows_shared && compat_values(self, values) && fields->room <= values->room;
}

/* Where a field is. */
static inline PyObject **
place_of(const Field *field, PyObject *self, const CompatValues *values)
{
    return field->offset != 0 ? (PyObject **)((char *)self + field->offset) : &values->items[field->index];
}

/* Have the values say which of them are set, in the order of the fields; no others are. */
static void
put_in_order(const Fields *fields, const CompatValues *values)
{
    int count = 0;
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        const Field *field = &fields->items[i];
        if (field->offset == 0 && field->index >= 0 && values->items[field->index] != NULL) {
            values->order[count++ * values->step] = (uint8_t)field->index;
        }
    }
    *values->count = (uint8_t)count;
}

/* ---- emptying ---- */

/* Let go of the values that are no fields. */
static inline void
drop_other_values(const Fields *fields, const CompatValues *values)
{
    for (int i = 0; i < *values->count; i++) {
        int at = values->order[i * values->step];
        if (UNLIKELY(!(fields->shared >> at & 1))) {
            Py_CLEAR(values->items[at]);
        }
    }
}

static inline void
set_place(PyObject **place, PyObject *value)
{
    PyObject *former = *place;
    if (former != value) {
        *place = Py_XNewRef(value);
        Py_XDECREF(former);
    }
}

COLD PyObject *
replacement_for(Fields *fields, PoolStore *store, PyObject *value, Fate *fate)
{
    PyObject *pending = compat_take_exception();
    PyObject *made = PyObject_CallOneArg(fields->replace, value);
    if (made == NULL) {
        *fate = report_error(store, fields->type);
    }
    else if (made == Py_None) {
        Py_CLEAR(made);
    }
    compat_put_exception(pending);
    if (made != NULL) {
        part_hide(made);
    }
    return made;
}

Fate
empty_part(Fields *fields, Field *field, PoolStore *store, PyObject **place)
{
    PyObject *value = *place;
    PartFate kept = value == NULL ? LET_GO : part_keep(&field->part, store, value);
    if (LIKELY(kept == KEPT)) {
        return RECYCLED;
    }
    Fate fate = kept == BROKEN ? DISCARDED_ERROR : RECYCLED;
    PyObject *other = NULL;
    if (field->value == NULL && value != NULL && kept == LET_GO) { /* nothing else would make a new one */
        other = replacement_for(fields, store, value, &fate);
    }
    if (fate == RECYCLED && !fields->is_whole && other == NULL) {
        fate = DISCARDED_REFUSED;
    }
    *place = other;
    Py_XDECREF(value);
    return fate;
}

static inline Fate
empty_places(Fields *fields, PoolStore *store, PyObject *self, const CompatValues *values)
{
    Fate fate = RECYCLED;
    for (Field *field = fields->items, *end = field + fields->count; field < end; field++) {
        if (UNLIKELY(field->offset == 0 && field->index < 0)) {
            continue; /* it has never been set */
        }
        PyObject **place = place_of(field, self, values);
        if (field->kind == DEFAULT) {
            set_place(place, field->value);
        }
        else if (field->kind == IS_PART) {
            Fate one = empty_part(fields, field, store, place);
            fate = UNLIKELY(one != RECYCLED) ? one : fate;
        }
        else {
            set_place(place, NULL);
        }
    }
    return fate;
}

Fate
fields_empty(Fields *fields, PoolStore *store, PyObject *self)
{
    CompatValues values = {0};
    Fate fate;
    Py_INCREF(fields); /* what runs meanwhile may have the class planned anew */
    if (fields->has_entries && UNLIKELY(!find_values(fields, self, &values))) {
        fate = empty_by_name(fields, store, self);
    }
    else {
        if (fields->has_entries) {
            drop_other_values(fields, &values);
        }
        else if (UNLIKELY(fields->has_dict)) {
            attributes_empty(self);
        }
        slots_empty(&fields->others, self);
        fate = empty_places(fields, store, self, &values);
        if (fields->has_entries) {
            put_in_order(fields, &values);
        }
    }
    Py_DECREF(fields);
    return fate;
}

/* ---- making ready ---- */

bool
fields_know(const Fields *fields, PyObject *keywords)
{
    for (Py_ssize_t i = 0; keywords != NULL && i < PyTuple_GET_SIZE(keywords); i++) {
        if (field_by_keyword(fields, PyTuple_GET_ITEM(keywords, i)) == NULL) {
            return false;
        }
    }
    return true;
}

Field *
field_by_keyword(const Fields *fields, PyObject *keyword)
{
    for (Field *field = fields->items, *end = field + fields->count; field < end; field++) {
        if (field->keyword == keyword) {
            return field;
        }
    }
    for (Field *field = fields->items, *end = field + fields->count; field < end; field++) {
        if (field->keyword != NULL && PyUnicode_Compare(field->keyword, keyword) == 0) {
            return field; /* it was made at run time */
        }
    }
    return NULL;
}

/* Whether the places of all that is given are known. */
static bool
have_places(const Fields *fields, PyObject *keywords)
{
    for (Py_ssize_t i = 0; keywords != NULL && i < PyTuple_GET_SIZE(keywords); i++) {
        const Field *field = field_by_keyword(fields, PyTuple_GET_ITEM(keywords, i));
        if (field->offset == 0 && field->index < 0) {
            return false;
        }
    }
    return true;
}

/* What a field is to be that is not set, and cannot be left so. False with an exception set. */
bool
field_fill(const Field *field, PyObject **place)
{
    if (field->value == NULL) {
        return true;
    }
    PyObject *value = field->kind == IS_PART ? part_make(&field->part, field->value) : Py_NewRef(field->value);
    *place = value;
    return value != NULL;
}

/* False with an exception set. `*changed` where one was set that was not. */
static inline bool
fill_place(const Field *field, PyObject **place, bool *changed)
{
    if (*place != NULL) {
        return field->kind != IS_PART || part_make_ready(&field->part, *place);
    }
    *changed = true;
    return field_fill(field, place);
}

static bool
fill_places(Fields *fields, PyObject *self, bool is_blank, const CompatValues *values, bool *changed)
{
    if (UNLIKELY(is_blank)) {
        for (Py_ssize_t i = 0; i < fields->count; i++) {
            Field *field = &fields->items[i];
            if (field->kind != UNSET && !fill_place(field, place_of(field, self, values), changed)) {
                return false;
            }
        }
        return true;
    }
    for (Py_ssize_t i = 0; i < fields->late_count; i++) {
        if (UNLIKELY(!fill_place(fields->late[i], place_of(fields->late[i], self, values), changed))) {
            return false;
        }
    }
    return true;
}

static inline void
assign_places(const Fields *fields, PyObject *self, const CompatValues *values, PyObject *const *given,
              PyObject *keywords)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); i++) {
        set_place(place_of(field_by_keyword(fields, PyTuple_GET_ITEM(keywords, i)), self, values), given[i]);
    }
}

bool
fields_make_ready(Fields *fields, PyObject *self, bool is_blank, PyObject *const *given, PyObject *keywords)
{
    CompatValues values = {0};
    bool has_values = false;
    if (fields->has_entries) {
        has_values = find_values(fields, self, &values) && have_places(fields, keywords);
        if (UNLIKELY(!has_values)) {
            return make_ready_by_name(fields, self, given, keywords);
        }
    }
    bool changed = keywords != NULL;
    bool done = fill_places(fields, self, is_blank, &values, &changed);
    if (done && keywords != NULL) {
        assign_places(fields, self, &values, given, keywords);
    }
    if (has_values && changed) {
        put_in_order(fields, &values);
    }
    return done;
}

/* ---- the class Fields ---- */

/* Where the slot of an attribute is, if that is where it is found; else 0. */
static Py_ssize_t
offset_of(PyTypeObject *type, PyObject *name)
{
    PyObject *found = _PyType_Lookup(type, name);
    if (found == NULL || !Py_IS_TYPE(found, &PyMemberDescr_Type)) {
        return 0;
    }
    PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
    return member->type == T_OBJECT_EX ? member->offset : 0;
}

static bool
field_init(Field *field, PyTypeObject *type, PyObject *description)
{
    PyObject *name, *keyword, *value, *cls, *keep;
    int kind;
    if (!PyArg_ParseTuple(description, "UOiOOO:field", &name, &keyword, &kind, &value, &cls, &keep)) {
        return false;
    }
    *field = (Field){.kind = (FieldKind)kind, .index = -1};
    field->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&field->name);
    if (keyword != Py_None) {
        field->keyword = Py_NewRef(keyword);
        PyUnicode_InternInPlace(&field->keyword);
    }
    field->offset = offset_of(type, field->name);
    if (field->kind == IS_PART) {
        field->value = unless_none(value);
        if (cls != Py_None) {
            part_learn(&field->part, (PyTypeObject *)cls, keep);
            if (value != cls) {
                field->part.kind = BY_PYTHON; /* not made just as calling the class makes it */
            }
        }
        else {
            field->part = (Part){.kind = ANYTHING, .keep = Py_NewRef(keep)};
        }
    }
    else if (field->kind == DEFAULT) {
        field->value = Py_NewRef(value);
        if (PyObject_IS_GC(value) && PyObject_GC_IsTracked(value)) {
            field->kind = DEFAULT_LATER;
        }
    }
    return true;
}

static bool
is_field_slot(const Fields *fields, Py_ssize_t offset)
{
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        if (fields->items[i].offset == offset) {
            return true;
        }
    }
    return false;
}

/* Sort out which fields are where. */
static bool
fields_sort(Fields *self)
{
    self->late = PyMem_New(Field *, self->count > 0 ? self->count : 1);
    if (self->late == NULL || !slots_find(self->type, &PyBaseObject_Type, &self->others)) {
        return false;
    }
    Py_ssize_t others = 0;
    for (Py_ssize_t i = 0; i < self->others.count; i++) {
        if (!is_field_slot(self, self->others.offsets[i])) {
            self->others.offsets[others++] = self->others.offsets[i];
        }
    }
    self->others.count = others;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Field *field = &self->items[i];
        self->has_entries |= field->offset == 0;
        if (field->kind == IS_PART || field->kind == DEFAULT_LATER) {
            self->late[self->late_count++] = field;
        }
    }
    self->has_dict = self->type->tp_dictoffset != 0;
    return true;
}

static PyObject *
fields_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {
        "cls", "fields", "is_whole", "replace", "finish", "finishes", "only_assigns", NULL};
    PyTypeObject *type;
    PyObject *fields, *replace, *finish;
    int is_whole, finishes, only_assigns;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!$pOOpp:Fields", names, &PyType_Type, &type, &PyTuple_Type,
                                     &fields, &is_whole, &replace, &finish, &finishes, &only_assigns)) {
        return NULL;
    }
    Fields *self = (Fields *)metatype->tp_alloc(metatype, 0);
    if (self == NULL) {
        return NULL;
    }
    self->type = (PyTypeObject *)Py_NewRef(type);
    self->is_whole = is_whole;
    self->finishes = finishes;
    self->only_assigns = only_assigns;
    self->replace = Py_NewRef(replace);
    self->finish = Py_NewRef(finish);
    self->items = PyMem_Calloc((size_t)PyTuple_GET_SIZE(fields) + 1, sizeof(Field));
    if (self->items == NULL) {
        PyErr_NoMemory();
        Py_DECREF(self);
        return NULL;
    }
    for (; self->count < PyTuple_GET_SIZE(fields); self->count++) {
        if (!field_init(&self->items[self->count], type, PyTuple_GET_ITEM(fields, self->count))) {
            Py_DECREF(self);
            return NULL;
        }
    }
    if (!fields_sort(self)) {
        PyErr_NoMemory();
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
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Py_VISIT(self->items[i].value);
        Py_VISIT(self->items[i].part.type);
        Py_VISIT(self->items[i].part.keep);
    }
    return 0;
}

/* No tp_clear: what is parked cannot end without them. The class's dict, or the pool, is where a cycle is cut. */
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
        Py_XDECREF(field->part.type);
        Py_XDECREF(field->part.keep);
    }
    PyMem_Free(self->items);
    PyMem_Free(self->late);
    slots_free(&self->others);
    Py_XDECREF(self->replace);
    Py_XDECREF(self->finish);
    Py_XDECREF(self->type);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
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
