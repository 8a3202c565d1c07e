/* Running a plan of construction: the attributes of a blank or emptied object are set as `__init__` would set them. */

#ifndef POOLED_INIT_RUN_H
#define POOLED_INIT_RUN_H

#include "base/compat.h"
#include "base/gc_track.h"
#include "object/init_plan.h"

/* The places of an object. */
typedef struct {
    char *bases[BASES];
    CompatValues values;
} Places;

/* Make the containers of an untracked object that are not in their places. Code may run meanwhile, as the collector may. The
   caller holds references to the plan and to the values. False with an exception set. */
bool init_run_make(const InitPlan *plan, Places *places, PyObject *const *values);

/* Release a part that was kept, and that an argument replaces. It is empty, so no code runs. */
void init_run_release(PyObject *part);

/* Find the places of an object that nobody else can reach. False if they are unknown. */
static ALWAYS_INLINE bool
init_run_find(InitPlan *plan, PyObject *self, Places *places)
{
    if (UNLIKELY(!fields_find_bases(plan->fields, self, places->bases, &places->values))) {
        return false;
    }
    return LIKELY(plan->is_placed) || init_plan_place(plan);
}

static ALWAYS_INLINE const Source *
source_of(const Assignment *item, PyObject *const *values)
{
    return UNLIKELY(item->test >= 0) && values[item->test] == item->sentinel ? &item->same : &item->other;
}

static ALWAYS_INLINE PyObject **
place_of_item(const Assignment *item, const Places *places)
{
    return (PyObject **)(places->bases[item->base] + item->at);
}

/* Whether all containers are in their places. */
static ALWAYS_INLINE bool
init_run_has_parts(const InitPlan *plan, const Places *places)
{
    for (const Step *step = plan->fields->parts; step < plan->fields->end; step++) {
        if (UNLIKELY(*place_of_step(step, places->bases) == NULL)) {
            return false; /* an argument may take its place, but that is not worth a test */
        }
    }
    return LIKELY(!plan->calls);
}

/* Assign the values. No code runs. The object is untracked, or nobody knows it yet. */
static ALWAYS_INLINE void
init_run_assign(const InitPlan *plan, const Places *places, PyObject *const *values)
{
    for (const Assignment *item = plan->items, *end = item + plan->count; item < end; item++) {
        PyObject **place = place_of_item(item, places);
        if (LIKELY(item->is_plain)) { /* the place is empty */
            const Source *only = &item->other;
            *place = Py_NewRef(only->kind == SOURCE_ARGUMENT ? values[only->argument] : only->value);
            continue;
        }
        const Source *source = source_of(item, values);
        if (source->kind <= SOURCE_CONSTANT) {
            PyObject *former = *place;
            *place = Py_NewRef(source->kind == SOURCE_ARGUMENT ? values[source->argument] : source->value);
            if (UNLIKELY(former != NULL)) {
                init_run_release(former);
            }
        }
        else if (source->kind == SOURCE_PART) {
            part_track(&item->field->part, *place);
        }
    }
    if (plan->order_count != 0) {
        uint8_t *order = places->values.order;
        for (int i = 0; i < plan->order_count; i++) {
            order[i * COMPAT_ORDER_STEP] = plan->order[i];
        }
        *places->values.count = plan->order_count;
    }
}

#endif
