/* Guards: whether a plan of construction still does what the `__init__` of its class would do.

   - The class has the version tag for which the plan was checked; else its attributes are looked up again.
   - The functions have the code and the defaults that were read.
   - Global names and variables of enclosing scopes refer to the objects that were read.
   - No trace or profile function is set, and no tool monitors the code: they have to see `__init__` run. */

#ifndef POOLED_INIT_GUARDS_H
#define POOLED_INIT_GUARDS_H

#include "base/compat.h"
#include "object/init_plan.h"
#include "pool/store.h"

/* Check again whether a tool monitors all code. This may run code, so this call does not use the plan. Returns true. */
bool init_guards_look_for_tools(PyThreadState *thread);

/* The latest version of sys.monitoring at which no tool monitored all code. Atomic. */
extern uintptr_t init_guards_quiet;

/* Whether a name still refers to the same object, by two look-ups. */
bool init_guards_find_name(NameGuard *guard);

/* The same, fast. */
static inline bool
name_holds(NameGuard *guard)
{
    return LIKELY(compat_dict_entry_is(guard->globals, compat_load_ssize(&guard->hint), guard->name, guard->value))
           || init_guards_find_name(guard);
}

/* Whether the attributes of the class are as they were when the plan was made. */
bool init_guards_check_class(InitPlan *plan, const Hook *hook);

/* Find what a plan has to watch: class attributes that have the name of an attribute in the plan, and whose class can get a
   __set__ later, and the entries of global names. Before a store gets the plan. */
void init_guards_prepare(InitPlan *plan, PyTypeObject *type);

/* Whether tools have to see this thread run Python code. */
static inline bool
init_guards_traced(PyThreadState *thread)
{
    return UNLIKELY(thread->c_tracefunc != NULL || thread->c_profilefunc != NULL)
           || (UNLIKELY(compat_monitoring_version(thread) != compat_load(&init_guards_quiet))
               && init_guards_look_for_tools(thread));
}

/* INIT_IN_C if the functions and names of a plan are as they were; else why not. */
static ALWAYS_INLINE InitOutcome
init_guards_check(const InitPlan *plan)
{
    for (Py_ssize_t i = 0; i < plan->function_count; i++) {
        const FunctionGuard *guard = &plan->functions[i];
        const PyFunctionObject *function = guard->function;
        if (UNLIKELY(compat_peek(&function->func_code) != guard->code
                     || compat_peek(&function->func_defaults) != guard->defaults
                     || compat_peek(&function->func_kwdefaults) != guard->kwdefaults)) {
            return INIT_PATCHED;
        }
        if (UNLIKELY(compat_has_local_tools((PyCodeObject *)guard->code))) {
            return INIT_TRACED;
        }
    }
    for (Py_ssize_t i = 0; i < plan->watched_count; i++) {
        if (UNLIKELY(plan->watched[i]->tp_descr_set != NULL)) {
            return INIT_PATCHED;
        }
    }
    for (Py_ssize_t i = 0; i < plan->cell_count; i++) {
        const PyCellObject *cell = (const PyCellObject *)plan->cells[i].cell;
        if (UNLIKELY(compat_peek(&cell->ob_ref) != plan->cells[i].value)) {
            return INIT_PATCHED;
        }
    }
    for (Py_ssize_t i = 0; i < plan->global_count; i++) {
        if (UNLIKELY(!name_holds(&plan->globals[i]))) {
            return INIT_PATCHED;
        }
    }
    return UNLIKELY(init_guards_traced(compat_thread())) ? INIT_TRACED : INIT_IN_C;
}

#endif
