#include "object/init_guards.h"

#include "base/interp.h"

uintptr_t init_guards_quiet = UINTPTR_MAX;

static uintptr_t noisy = UINTPTR_MAX; /* the version at which a tool did; it need not be asked for again */

/* Remember where the entry of a name is, and the string in the entry, so that an address tells whether it is still there.
   Without a GIL, other threads read the string of a plan that a store has. */
static void
locate_name(NameGuard *guard, PyObject *dict, bool is_shared)
{
    PyObject *key;
    Py_ssize_t index = compat_dict_find_entry(dict, guard->name, &key);
    if (key == guard->name || !is_shared) {
        compat_store_ssize(&guard->hint, index);
        Py_SETREF(guard->name, key);
    }
    else {
        Py_DECREF(key);
    }
}

bool
init_guards_find_name(NameGuard *guard)
{
    PyObject *value = compat_dict_find_text(guard->globals, guard->name);
    PyObject *dict = value != NULL ? guard->globals : guard->builtins;
    if (value == NULL) {
        if (compat_dict_entry_is(dict, compat_load_ssize(&guard->hint), guard->name, guard->value)) {
            return true;
        }
        value = compat_dict_find_text(dict, guard->name);
    }
    if (value != guard->value) {
        return false;
    }
    locate_name(guard, dict, COMPAT_FREE_THREADED);
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
    if (version == compat_load(&noisy)) {
        return true;
    }
    PyObject *pending = compat_take_exception();
    bool none = no_tool_has_events();
    compat_put_exception(pending);
    compat_store(none ? &init_guards_quiet : &noisy, version);
    return true;
}

/* Whether assigning an attribute still stores it in the place of its field. */
static bool
is_stored_plainly(PyTypeObject *type, const Field *field)
{
    if (field->offset != 0) {
        return fields_slot_offset(type, field->name) == field->offset;
    }
    PyObject *found = compat_lookup(type, field->name);
    bool is_plain = found == NULL || Py_TYPE(found)->tp_descr_set == NULL;
    Py_XDECREF(found);
    return is_plain;
}

/* The class of the class attribute that has the name of a field, if that class can get a __set__ later, a new reference; or
   NULL. */
static PyTypeObject *
class_to_watch(PyTypeObject *type, const Field *field)
{
    PyObject *found = field->offset != 0 ? NULL : compat_lookup(type, field->name);
    if (found == NULL) {
        return NULL;
    }
    PyTypeObject *cls = (PyTypeObject *)Py_NewRef(Py_TYPE(found));
    Py_DECREF(found);
    if (!PyType_HasFeature(cls, Py_TPFLAGS_HEAPTYPE) || PyType_HasFeature(cls, Py_TPFLAGS_IMMUTABLETYPE)) {
        Py_CLEAR(cls);
    }
    return cls;
}

static void
watch_attributes(InitPlan *plan, PyTypeObject *type)
{
    while (plan->watched_count > 0) {
        Py_DECREF(plan->watched[--plan->watched_count]);
    }
    for (Py_ssize_t i = 0; i < plan->count; i++) {
        PyTypeObject *cls = class_to_watch(type, plan->items[i].field);
        if (cls != NULL) {
            plan->watched[plan->watched_count++] = cls;
        }
    }
}

/* Watch the class attributes that there are now. Without a GIL, other threads read the list of a plan in use: then false, if
   there is anything to watch. */
static bool
watch_again(InitPlan *plan, PyTypeObject *type)
{
#if COMPAT_FREE_THREADED
    bool watches = plan->watched_count != 0;
    for (Py_ssize_t i = 0; !watches && i < plan->count; i++) {
        PyTypeObject *cls = class_to_watch(type, plan->items[i].field);
        watches = cls != NULL;
        Py_XDECREF(cls);
    }
    return !watches;
#else
    watch_attributes(plan, type);
    return true;
#endif
}

void
init_guards_prepare(InitPlan *plan, PyTypeObject *type)
{
    watch_attributes(plan, type);
    for (Py_ssize_t i = 0; i < plan->global_count; i++) {
        NameGuard *guard = &plan->globals[i];
        bool is_global = compat_dict_find_text(guard->globals, guard->name) != NULL;
        locate_name(guard, is_global ? guard->globals : guard->builtins, false);
    }
}

bool
init_guards_check_class(InitPlan *plan, const Hook *hook)
{
    PyTypeObject *type = hook->type;
    if (plan->has_super || !hook_new_is_of_object(hook) || type->tp_init != interp.python_init || hook_is_abstract(hook)
        || (plan->uses_setattr && type->tp_setattro != PyObject_GenericSetAttr)) {
        return false;
    }
    PyObject *init = compat_lookup(type, interp.init_name);
    Py_XDECREF(init); /* the address is enough: the plan has a reference to its function */
    if (init != (PyObject *)plan->functions[0].function) {
        return false;
    }
    for (Py_ssize_t i = 0; i < plan->count; i++) {
        if (!is_stored_plainly(type, plan->items[i].field)) {
            return false;
        }
    }
    return watch_again(plan, type);
}
