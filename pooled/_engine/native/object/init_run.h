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

/* Assign the values. No code runs. The object is untracked, or not visible to other code yet. */
void init_run_assign(const InitPlan *plan, const Places *places, PyObject *const *values);

/* Make the containers of an untracked object that are not in their places. Code may run meanwhile, for example by the
   collector. The caller holds references to the plan and to the values. False with an exception set. */
bool init_run_make(const InitPlan *plan, Places *places, PyObject *const *values);

/* Move the containers of a tracked object behind it in the collector's list: they may be new. */
void init_run_track_made(const InitPlan *plan, const Places *places, PyObject *const *values);

/* Find the places of an object that no other code can reach. False if they are unknown. */
static ALWAYS_INLINE bool
init_run_find(InitPlan *plan, PyObject *self, Places *places)
{
    return fields_find_bases(plan->fields, self, places->bases, &places->values);
}

/* Whether all containers are in their places. */
static ALWAYS_INLINE bool
init_run_has_parts(const InitPlan *plan, const Places *places)
{
    for (const Step *step = plan->fields->parts, *end = plan->fields->end; step < end; step++) {
        if (UNLIKELY(*place_of_step(step, places->bases) == NULL)) {
            return false; /* an argument may replace it, but that is not worth a test */
        }
    }
    return LIKELY(!plan->calls);
}

/* Assign the values for a plain call that gives the first `count` arguments. All containers are in their places. No
   code runs. The object is untracked, or not visible to other code yet. */
static ALWAYS_INLINE void
init_run_assign_plain(const InitPlan *plan, const Places *places, PyObject *const *values, Py_ssize_t count)
{
    for (const Write *write = plan->writes, *end = write + plan->write_count; write < end; write++) {
        PyObject *value = write->argument < count ? values[write->argument] : write->value;
        *(PyObject **)(places->bases[write->base] + write->at) = Py_NewRef(value); /* the place is empty */
    }
    for (const Step *step = plan->fields->parts, *end = plan->fields->end; step < end; step++) {
        PyObject *part = *place_of_step(step, places->bases);
        compat_make_ref_local(part);
        part_track(step->kind, part);
    }
    if (plan->order_count != 0) {
        compat_set_order(&places->values, plan->order, plan->order_count);
    }
}

#endif
