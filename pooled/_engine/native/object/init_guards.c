#include "object/init_guards.h"

#include "base/interp.h"

uintptr_t init_guards_quiet = UINTPTR_MAX;

static uintptr_t noisy = UINTPTR_MAX; /* the version at which a tool did; it need not be asked for again */

bool
init_guards_find_name(NameGuard *guard)
{
    PyObject *value = compat_dict_find_text(guard->globals, guard->name);
    PyObject *dict = value != NULL ? guard->globals : guard->builtins;
    if (value == NULL) {
        if (compat_dict_entry_is(dict, guard->hint, guard->name, guard->value)) {
            return true;
        }
        value = compat_dict_find_text(dict, guard->name);
    }
    if (value != guard->value) {
        return false;
    }
    PyObject *key, *former = guard->name;
    guard->hint = compat_dict_find_entry(dict, guard->name, &key);
    guard->name = Py_NewRef(key); /* the string of the entry, so that an address tells whether it is still there */
    Py_DECREF(former);
    return true;
}

/* Whether no tool of sys.monitoring has an event for all code. False, without an exception, if this cannot be
   determined. */
static bool
no_tool_has_events(void)
{
#if COMPAT_HAS_MONITORING
    enum { TOOLS = 6 }; /* those that programs can use; the others are the trace and profile functions */
    PyObject *monitoring = PySys_GetObject("monitoring"); /* borrowed */
    bool none = monitoring != NULL;
    Py_XINCREF(monitoring);
    for (int tool = 0; none && tool < TOOLS; tool++) {
        PyObject *events = PyObject_CallMethod(monitoring, "get_events", "i", tool);
        none = events != NULL && PyLong_CheckExact(events) && PyLong_AsLong(events) == 0;
        Py_XDECREF(events);
    }
    Py_XDECREF(monitoring);
    PyErr_Clear();
    return none;
#else
    return true;
#endif
}

COLD bool
init_guards_look_for_tools(PyThreadState *thread)
{
    uintptr_t version = compat_monitoring_version(thread);
    if (version == noisy) {
        return true;
    }
    PyObject *pending = compat_take_exception();
    bool none = no_tool_has_events();
    compat_put_exception(pending);
    *(none ? &init_guards_quiet : &noisy) = version;
    return true;
}

/* Whether assigning an attribute still stores it in the place of its field. */
static bool
is_stored_plainly(PyTypeObject *type, const Field *field)
{
    if (field->offset != 0) {
        return fields_slot_offset(type, field->name) == field->offset;
    }
    PyObject *found = _PyType_Lookup(type, field->name);
    return found == NULL || Py_TYPE(found)->tp_descr_set == NULL;
}

void
init_guards_watch_attributes(InitPlan *plan, PyTypeObject *type)
{
    while (plan->watched_count > 0) {
        Py_DECREF(plan->watched[--plan->watched_count]);
    }
    for (Py_ssize_t i = 0; i < plan->count; i++) {
        const Field *field = plan->items[i].field;
        PyObject *found = field->offset != 0 ? NULL : _PyType_Lookup(type, field->name);
        if (found != NULL && PyType_HasFeature(Py_TYPE(found), Py_TPFLAGS_HEAPTYPE)
            && !PyType_HasFeature(Py_TYPE(found), Py_TPFLAGS_IMMUTABLETYPE)) {
            plan->watched[plan->watched_count++] = (PyTypeObject *)Py_NewRef(Py_TYPE(found));
        }
    }
}

bool
init_guards_check_class(InitPlan *plan, const Hook *hook)
{
    PyTypeObject *type = hook->type;
    if (plan->has_super || !hook_new_is_of_object(hook) || type->tp_init != interp.python_init || hook_is_abstract(hook)
        || (plan->uses_setattr && type->tp_setattro != PyObject_GenericSetAttr)
        || _PyType_Lookup(type, interp.init_name) != (PyObject *)plan->functions[0].function) {
        return false;
    }
    for (Py_ssize_t i = 0; i < plan->count; i++) {
        if (!is_stored_plainly(type, plan->items[i].field)) {
            return false;
        }
    }
    init_guards_watch_attributes(plan, type);
    return true;
}
