#include "object/object_checks.h"

#ifdef POOLED_CHECKS

#include "object/init_plan.h"
#include "object/plan.h"
#include "pool/pool_checks.h"

static void
check_step(const Fields *fields, const Step *step)
{
    const Field *field = step->field;
    CHECK(step->base == FROM_OBJECT || step->base == FROM_VALUES);
    if (step->base == FROM_OBJECT) {
        CHECK(0 < step->at && step->at + (Py_ssize_t)sizeof(PyObject *) <= fields->type->tp_basicsize);
        CHECK(field == NULL || field->offset == step->at);
    }
    else {
        CHECK(fields->entries != 0 && field != NULL && field->offset == 0 && 0 <= field->index);
        CHECK(field->index < fields->room && (fields->shared >> field->index & 1));
        CHECK(step->at == field->index * (Py_ssize_t)sizeof(PyObject *));
    }
}

static void
check_fields(const Fields *fields)
{
    CHECK(fields->strategy == STRATEGY_FIELDS || fields->strategy == STRATEGY_KEEP);
    CHECK(fields->steps <= fields->parts && fields->parts <= fields->end);
    CHECK(fields->end - fields->steps <= fields->count + fields->slots.count);
    for (const Step *step = fields->steps; step < fields->end; step++) {
        check_step(fields, step);
        CHECK(step < fields->parts || step->field->kind == FIELD_PART);
    }
}

static void
check_source(const InitPlan *plan, const Assignment *item, const Source *source)
{
    CHECK(source->kind != SOURCE_ARGUMENT || (0 <= source->argument && source->argument < plan->parameters));
    CHECK(source->kind != SOURCE_PART || (item->field->kind == FIELD_PART && item->field->make != NULL));
    CHECK(source->kind != SOURCE_NEW || (item->field->kind == FIELD_UNSET && plan->calls));
}

static void
check_init_plan(const PoolStore *store, const InitPlan *plan)
{
    CHECK(plan->fields->strategy == STRATEGY_FIELDS && plan->fields->type == store->hook->type);
    CHECK(plan->count == plan->fields->count && plan->count <= INIT_MOST && plan->parameters <= INIT_MOST);
    CHECK(plan->only <= plan->positional && plan->positional <= plan->parameters && plan->function_count > 0);
    CHECK(!plan->makes || store->fields == plan->fields);
    for (Py_ssize_t i = 0; i < plan->write_count; i++) {
        const Write *write = &plan->writes[i];
        CHECK(write->argument < plan->parameters ? write->argument < plan->required || write->value != NULL
                                                 : write->argument == INT_MAX && write->value != NULL);
    }
    for (Py_ssize_t i = 0; i < plan->count; i++) {
        const Assignment *item = &plan->items[i];
        CHECK(item->field == &plan->fields->items[i] && -1 <= item->test && item->test < plan->parameters);
        CHECK(
            item->at
            == (item->field->offset != 0 ? item->field->offset : item->field->index * (Py_ssize_t)sizeof(PyObject *)));
        check_source(plan, item, &item->same);
        check_source(plan, item, &item->other);
    }
}

void
object_check_path(PoolStore *store)
{
    pool_check_store(store);
    pool_check_thread();
    if (store->init_plan != NULL) {
        check_init_plan(store, store->init_plan);
    }
    if (store->fields != NULL && fields_steps_usable(store->fields)) {
        check_fields(store->fields);
    }
}

static void
check_blank(const Hook *hook, PyObject *self)
{
    for (Py_ssize_t i = 0; i < hook->slots.count; i++) {
        CHECK(*(PyObject **)((char *)self + hook->slots.offsets[i]) == NULL);
    }
    CompatValues values;
    if (Py_TYPE(self)->tp_flags & Py_TPFLAGS_MANAGED_DICT && compat_has_values(Py_TYPE(self))
        && compat_values(self, &values)) {
        CHECK(*values.count == 0);
    }
}

void
object_check_parked(PoolStore *store, PyObject *self)
{
    pool_check_parked(store, self);
    if (store->strategy == STRATEGY_RESET) {
        return; /* the user decides what a reset keeps */
    }
    if (PyList_Check(self) || PyByteArray_Check(self)) {
        CHECK(Py_SIZE(self) == 0);
    }
    else if (PyDict_Check(self)) {
        CHECK(PyDict_GET_SIZE(self) == 0);
    }
    else if (PySet_Check(self)) {
        CHECK(PySet_GET_SIZE(self) == 0);
    }
    if (store->strategy == STRATEGY_SCRUB) {
        check_blank(store->hook, self);
        return;
    }
    Fields *fields = store->fields;
    CompatValues values = {0};
    char *bases[BASES];
    if (fields->strategy == STRATEGY_FIELDS && fields_find_bases(fields, self, bases, &values)) {
        for (const Step *step = fields->steps; step < fields->parts; step++) {
            CHECK(*place_of_step(step, bases) == NULL);
        }
    }
}

#else
typedef int object_checks_are_off;
#endif
