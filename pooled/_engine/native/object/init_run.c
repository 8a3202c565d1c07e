#include "object/init_run.h"

#include "object/field.h"

static inline const Source *
source_of(const Assignment *item, PyObject *const *values)
{
    return item->test >= 0 && values[item->test] == item->sentinel ? &item->same : &item->other;
}

static inline PyObject **
place_of_item(const Assignment *item, const Places *places)
{
    return (PyObject **)(places->bases[item->base] + item->at);
}

COLD bool
init_run_make(const InitPlan *plan, Places *places, PyObject *const *values)
{
    for (const Assignment *item = plan->items, *end = item + plan->count; item < end; item++) {
        const Source *source = source_of(item, values);
        PyObject **place = place_of_item(item, places);
        if (source->kind == SOURCE_NEW) {
            *place = PyObject_CallNoArgs(source->value); /* it is NULL: such a field keeps nothing */
        }
        else if (source->kind == SOURCE_PART && *place == NULL) {
            *place = part_make(&item->field->part, item->field->make);
        }
        else {
            continue;
        }
        if (UNLIKELY(*place == NULL)) {
            bool is_part = source->kind == SOURCE_PART;
            *place = is_part ? part_make_again(&item->field->part, item->field->make) : NULL;
            if (*place == NULL) {
                return false;
            }
        }
    }
    return true;
}

void
init_run_track_made(const InitPlan *plan, const Places *places, PyObject *const *values)
{
    for (const Assignment *item = plan->items, *end = item + plan->count; item < end; item++) {
        PyObject *value = *place_of_item(item, places);
        if (source_of(item, values)->kind >= SOURCE_PART && PyObject_IS_GC(value) && gc_is_tracked(value)) {
            gc_track_last(value);
        }
    }
}

/* Release a part that was kept, and that an argument replaces. It is empty, so no code runs. */
static void
release_part(PyObject *part)
{
    if (PyObject_IS_GC(part)) {
        gc_track_fast(part);
    }
    Py_DECREF(part);
}

void
init_run_assign(const InitPlan *plan, const Places *places, PyObject *const *values)
{
    for (const Assignment *item = plan->items, *end = item + plan->count; item < end; item++) {
        const Source *source = source_of(item, values);
        PyObject **place = place_of_item(item, places);
        if (source->kind <= SOURCE_CONSTANT) {
            PyObject *former = *place;
            *place = Py_NewRef(source->kind == SOURCE_ARGUMENT ? values[source->argument] : source->value);
            if (former != NULL) {
                compat_make_ref_local(former); /* otherwise its release may wait for another thread */
                release_part(former);
            }
        }
        else if (source->kind == SOURCE_PART) {
            compat_make_ref_local(*place);
            part_track(item->field->part.kind, *place);
        }
    }
    if (plan->order_count != 0) {
        compat_set_order(&places->values, plan->order, plan->order_count);
    }
}
