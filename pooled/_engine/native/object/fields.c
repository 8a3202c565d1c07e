#include "object/fields.h"

#include "object/user_hooks.h"
#include "object/fields_slow.h"
#include "pool/hook_table.h"

/* ---- where fields are ---- */

/* Whether the place of a field is known. */
static inline bool
has_place(const Field *field)
{
    return field->offset != 0 || field->index >= 0;
}

static inline PyObject **
place_of(const Field *field, char *const *bases)
{
    return field->offset != 0 ? (PyObject **)(bases[FROM_OBJECT] + field->offset)
                              : (PyObject **)bases[FROM_VALUES] + field->index;
}

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
    if (field->kind == IS_PART) {
        step->part = &field->part;
    }
    else {
        step->value = field->value;
    }
}

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
is_field_slot(const Fields *fields, Py_ssize_t offset)
{
    for (Py_ssize_t i = 0; i < fields->count; i++) {
        if (fields->items[i].offset == offset) {
            return true;
        }
    }
    return false;
}

/* Find out what has to be done, from the places that are known. There is room for it. */
static void
plan_steps(Fields *fields)
{
    Step *next = fields->steps;
    add_steps(fields, &next, DEFAULT);
    fields->unsets = next;
    add_steps(fields, &next, UNSET);
    for (Py_ssize_t i = 0; i < fields->slots.count; i++) {
        if (!is_field_slot(fields, fields->slots.offsets[i])) {
            *next++ = (Step){.base = FROM_OBJECT, .at = fields->slots.offsets[i]};
        }
    }
    fields->laters = next;
    add_steps(fields, &next, DEFAULT_LATER);
    fields->parts = next;
    add_steps(fields, &next, IS_PART);
    fields->end = next;
}

/* Say so, after all else. */
static void
know(Fields *fields, bool knows)
{
#if COMPAT_FREE_THREADED
    _Py_atomic_store_uint8((uint8_t *)&fields->knows_shared, knows);
#else
    fields->knows_shared = knows;
#endif
}

/* Here: the indices of fields among the keys that the objects of the class share; they never change. */
static void
learn_indices(Fields *fields)
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
        else if (field->kind != UNSET) {
            knows = false;
        }
    }
    plan_steps(fields);
    know(fields, knows);
}

COLD void
fields_learn(Fields *fields)
{
    if (!compat_has_values(fields->type)) {
        return;
    }
    lock_acquire(&fields->lock);
    if (!fields->knows_shared) {
        learn_indices(fields);
    }
    lock_release(&fields->lock);
}

void
put_in_order(const Fields *fields, const CompatValues *values)
{
    int count = 0;
    for (const Field *field = fields->items, *end = field + fields->count; field < end; field++) {
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

/* A new part like `value`, which has to go; NULL where that cannot be had, with `*outcome` changed where that is an error. */
static COLD PyObject *
replacement_for(Fields *fields, PoolStore *store, PyObject *value, Outcome *outcome)
{
    PyObject *pending = compat_take_exception();
    PyObject *made = PyObject_CallOneArg(fields->replace, value);
    if (made == NULL) {
        *outcome = user_hooks_report(store, fields->type);
    }
    else if (made == Py_None) {
        Py_CLEAR(made);
    }
    compat_put_exception(pending);
    if (made != NULL) {
        part_untrack(made);
    }
    return made;
}

/* What becomes of a part that was not kept, and of its object. */
static COLD Outcome
let_go_of_part(Fields *fields, const Field *field, PoolStore *store, PyObject **place, PartOutcome kept)
{
    PyObject *value = *place, *other = NULL;
    Outcome outcome = kept == PART_ERROR ? DISCARDED_ERROR : RECYCLED;
    if (field->value == NULL && value != NULL && kept == PART_DROPPED) { /* nothing else would make a new one */
        other = replacement_for(fields, store, value, &outcome);
    }
    if (outcome == RECYCLED && !fields->is_whole && other == NULL) {
        outcome = DISCARDED_REFUSED;
    }
    *place = other;
    if (value != NULL) {
        if (PyObject_IS_GC(value)) {
            gc_track_fast(value);
        }
        Py_DECREF(value);
    }
    return outcome;
}

Outcome
empty_part(Fields *fields, Field *field, PoolStore *store, PyObject **place)
{
    PyObject *value = *place;
    PartOutcome kept = UNLIKELY(value == NULL) ? PART_DROPPED : part_keep(&field->part, store, value);
    return LIKELY(kept == PART_KEPT) ? RECYCLED : let_go_of_part(fields, field, store, place, kept);
}

static ALWAYS_INLINE Outcome
take_steps(Fields *fields, PoolStore *store, char *const *bases)
{
    const Step *step = fields->steps;
    for (; step < fields->unsets; step++) {
        set_place(place_of_step(step, bases), step->value);
    }
    for (; step < fields->parts; step++) {
        set_place(place_of_step(step, bases), NULL);
    }
    Outcome outcome = RECYCLED;
    for (const Step *end = fields->end; step < end; step++) {
        PyObject **place = place_of_step(step, bases), *value = *place;
        if (UNLIKELY(value == NULL || !part_keep_at_once(step->part, store, value))) {
            Outcome one = empty_part(fields, step->field, store, place);
            outcome = one != RECYCLED ? one : outcome;
        }
    }
    return outcome;
}

Outcome
fields_empty(Fields *fields, PoolStore *store, PyObject *self)
{
    CompatValues values = {0};
    char *bases[BASES];
    Outcome outcome;
    if (UNLIKELY(!find_bases(fields, self, bases, &values))) {
        outcome = fields_slow_empty(fields, store, self);
    }
    else if (fields->has_entries) {
        drop_other_values(fields, &values);
        outcome = take_steps(fields, store, bases);
        put_in_order(fields, &values);
    }
    else {
        if (UNLIKELY(fields->has_dict)) {
            attrs_empty(self);
        }
        outcome = take_steps(fields, store, bases);
    }
    return outcome;
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
        if (!has_place(field_by_keyword(fields, PyTuple_GET_ITEM(keywords, i)))) {
            return false;
        }
    }
    return true;
}

bool
field_make_ready(const Field *field, PyObject **place)
{
    if (*place != NULL) {
        if (field->kind != IS_PART) {
            return true;
        }
        compat_own(*place);
        return part_make_ready(&field->part, *place);
    }
    if (field->value == NULL) {
        return true; /* nobody knows what it is to be */
    }
    *place = field->kind == IS_PART ? part_make(&field->part, field->value) : Py_NewRef(field->value);
    return *place != NULL;
}

/* Those of a blank object, too: it may not have been emptied field by field. */
static bool
fill_places(Fields *fields, char *const *bases)
{
    for (Field *field = fields->items, *end = field + fields->count; field < end; field++) {
        if (field->kind != UNSET && !field_make_ready(field, place_of(field, bases))) {
            return false;
        }
    }
    return true;
}

static void
assign(const Fields *fields, char *const *bases, PyObject *const *given, PyObject *keywords)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); i++) {
        set_place(place_of(field_by_keyword(fields, PyTuple_GET_ITEM(keywords, i)), bases), given[i]);
    }
}

static inline void
track_parts(const Fields *fields, char *const *bases)
{
    for (const Step *step = fields->parts; step < fields->end; step++) {
        PyObject *value = *place_of_step(step, bases);
        if (LIKELY(value != NULL && part_may_be(step->part, value))) {
            part_track(step->part, value);
        }
    }
}

void
fields_track_parts(Fields *fields, PyObject *self)
{
    CompatValues values = {0};
    char *bases[BASES];
    if (find_bases(fields, self, bases, &values)) {
        track_parts(fields, bases);
    }
    else {
        fields_slow_track_parts(fields, self);
    }
}

size_t
fields_weigh_parts(Fields *fields, PyObject *self, const Scales *scales)
{
    CompatValues values = {0};
    char *bases[BASES];
    size_t sum = 0;
    if (find_bases(fields, self, bases, &values)) {
        for (const Step *step = fields->parts; step < fields->end; step++) {
            PyObject *part = *place_of_step(step, bases);
            sum += part != NULL ? scales_weigh(scales, part) : 0;
        }
    }
    return sum;
}

bool
fields_make_ready(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords)
{
    CompatValues values = {0};
    char *bases[BASES];
    bool done;
    if (UNLIKELY(!find_bases(fields, self, bases, &values) || !have_places(fields, keywords))) {
        done = fields_slow_make_ready(fields, self, given, keywords);
    }
    else {
        done = fill_places(fields, bases);
        track_parts(fields, bases); /* before anything is given, which is not ours to gc_track_fast */
        if (done && keywords != NULL) {
            assign(fields, bases, given, keywords);
        }
        if (fields->has_entries) {
            put_in_order(fields, &values);
        }
    }
    gc_track_fast(self);
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
    PyObject *name, *keyword, *value, *cls, *keep, *restore;
    int kind, in_c;
    if (!PyArg_ParseTuple(
            description, "UOiOOOpO:field", &name, &keyword, &kind, &value, &cls, &keep, &in_c, &restore)) {
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
            part_learn(&field->part, (PyTypeObject *)cls, keep, in_c, restore);
        }
        else {
            field->part = (Part){.kind = ANYTHING, .keep = Py_NewRef(keep)};
        }
    }
    else if (field->kind == DEFAULT) {
        field->value = Py_NewRef(value);
        bool is_settled = PyTuple_CheckExact(value) && !PyObject_GC_IsTracked(value); /* others may be tracked later */
        if (PyObject_IS_GC(value) && !is_settled) {
            field->kind = DEFAULT_LATER;
        }
    }
    return true;
}

/* Find out where the fields are. False with MemoryError set. */
static bool
fields_find(Fields *self)
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
    if (!fields_find(self)) {
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
