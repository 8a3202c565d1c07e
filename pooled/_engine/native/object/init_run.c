#include "object/init_run.h"

#include "object/field.h"

COLD void
init_run_release(PyObject *part)
{
    if (PyObject_IS_GC(part)) {
        gc_track_fast(part);
    }
    Py_DECREF(part);
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
            return false;
        }
    }
    return true;
}
