/* The module: the functions of the native engine that Python calls. */

#include "base/class_info.h"
#include "base/compat.h"
#include "base/gc_track.h"
#include "base/interp.h"
#include "base/pressure.h"
#include "containers/containers.h"
#include "containers/stock.h"
#include "module/arc_handle.h"
#include "module/arc_state.h"
#include "module/arc_type.h"
#include "module/constants.h"
#include "module/counter_type.h"
#include "module/gc_callback.h"
#include "module/hook_type.h"
#include "module/probes.h"
#include "module/store_type.h"
#include "module/weak_type.h"
#include "object/class_counter.h"
#include "object/debug_trace.h"
#include "object/init_plan.h"
#include "object/plan.h"
#include "paths/acquire_call.h"
#include "paths/acquire_take.h"
#include "paths/dealloc.h"
#include "paths/install.h"
#include "paths/transfer.h"
#include "paths/trim.h"
#include "pool/store.h"

typedef struct {
    ArcState arc; /* first: the handles find it by the address of the state */
    PyTypeObject *hook_type;
    PyTypeObject *store_type;
    PyTypeObject *fields_type;
    PyTypeObject *init_plan_type;
    PyTypeObject *counter_type;
    PyObject *take_of_any; /* `pooled.take` in Python, which serves classes that are not hooked */
} State;

static State *
state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

PyDoc_STRVAR(install_doc, "install(store): route construction and last drop of the store's class through it.");

static PyObject *
native_install(PyObject *module, PyObject *store)
{
    if (!PyObject_TypeCheck(store, state_of(module)->store_type)) {
        return PyErr_Format(PyExc_TypeError, "store=%R: expected a Store", store);
    }
    if (!install_hook(((PoolStore *)store)->hook, (PoolStore *)store)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(class_info_doc, "class_info(cls): what set_class_info stored for a class, or None.");

static PyObject *
native_class_info(PyObject *Py_UNUSED(module), PyObject *cls)
{
    return Py_NewRef(PyType_Check(cls) ? class_info((PyTypeObject *)cls) : Py_None);
}

PyDoc_STRVAR(set_class_info_doc, "set_class_info(cls, info): store an object for a class, which owns it.");

static PyObject *
native_set_class_info(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyTypeObject *cls;
    PyObject *info;
    if (!PyArg_ParseTuple(args, "O!O:set_class_info", &PyType_Type, &cls, &info)) {
        return NULL;
    }
    if (!class_info_set(cls, info)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(hook_of_doc, "hook_of(cls): the hook of a class, or None.");

static PyObject *
native_hook_of(PyObject *Py_UNUSED(module), PyObject *cls)
{
    Hook *hook = PyType_Check(cls) ? hook_of((PyTypeObject *)cls) : NULL;
    return Py_NewRef(hook == NULL ? Py_None : (PyObject *)hook);
}

PyDoc_STRVAR(store_of_doc, "store_of(obj): the store that an object returns to, or None.");

static PyObject *
native_store_of(PyObject *Py_UNUSED(module), PyObject *obj)
{
    PoolStore *store = store_of_object(obj);
    return store == NULL ? Py_NewRef(Py_None) : (PyObject *)store;
}

PyDoc_STRVAR(detach_doc, "detach(obj): remove an object, for which store_of returns a store, from that store.");

static PyObject *
native_detach(PyObject *Py_UNUSED(module), PyObject *obj)
{
    if (!transfer_detach(obj)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    disown_doc,
    "disown(obj): do not count an object of a hooked class, which is older than the hook, when it is dropped.");

static PyObject *
native_disown(PyObject *Py_UNUSED(module), PyObject *obj)
{
    if (!transfer_disown(obj)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(orphan_doc, "orphan(cls, args, kwargs): do what a call of a hooked class does, for an object in no pool.");

static PyObject *
native_orphan(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *cls, *arguments, *keywords;
    if (!PyArg_ParseTuple(
            args, "O!O!O!:orphan", &PyType_Type, &cls, &PyTuple_Type, &arguments, &PyDict_Type, &keywords)) {
        return NULL;
    }
    Hook *hook = hook_of((PyTypeObject *)cls);
    if (hook == NULL) {
        return PyObject_Call(cls, arguments, keywords);
    }
    return acquire_orphan(hook, arguments, keywords);
}

PyDoc_STRVAR(empties_doc, "empties(cls): whether C empties the container that a class inherits from.");

static PyObject *
native_empties(PyObject *Py_UNUSED(module), PyObject *cls)
{
    return PyBool_FromLong(PyType_Check(cls) && container_of((PyTypeObject *)cls) != NULL);
}

PyDoc_STRVAR(kept_doc, "kept(): which containers keep their capacity on this build, by name.");

static PyObject *
native_kept(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("{s:O,s:O,s:O,s:O}", "list", keeps_capacity.list ? Py_True : Py_False, "dict",
                         keeps_capacity.dict ? Py_True : Py_False, "set", keeps_capacity.set ? Py_True : Py_False,
                         "bytearray", keeps_capacity.bytearray ? Py_True : Py_False);
}

/* `pooled.take` for hooked classes. */
static PyObject *
native_take(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    Hook *hook = count != 0 && PyType_Check(args[0]) ? hook_of((PyTypeObject *)args[0]) : NULL;
    if (UNLIKELY(hook == NULL)) {
        return PyObject_Vectorcall(state_of(module)->take_of_any, args, (size_t)count, keywords);
    }
    if (hook->take != NULL) {
        return hook->take(hook, args + 1, (size_t)(count - 1), keywords);
    }
    return acquire_take(hook->own_store, args + 1, count - 1, keywords);
}

/* `pooled.take` for the classes of the engine "off", which are not hooked. */
static PyObject *
native_take_unpooled(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PyTypeObject *type = count != 0 && PyType_Check(args[0]) ? (PyTypeObject *)args[0] : NULL;
    if (UNLIKELY(type == NULL || class_info(type) == Py_None)) {
        return PyObject_Vectorcall(state_of(module)->take_of_any, args, (size_t)count, keywords);
    }
    return call_plain_class(type, args + 1, (size_t)(count - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET, keywords);
}

/* Static, since the functions refer to them. The docstring is set once, for all interpreters. */
static PyMethodDef take_definitions[] = {
    {"take", (PyCFunction)(void (*)(void))native_take, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"take", (PyCFunction)(void (*)(void))native_take_unpooled, METH_FASTCALL | METH_KEYWORDS, NULL},
};

/* Copy the docstring of the Python function, behind a signature. */
static bool
document_take(PyObject *function)
{
    if (take_definitions[0].ml_doc != NULL) {
        return true;
    }
    PyObject *doc = PyObject_GetAttrString(function, "__doc__");
    PyObject *text = doc == NULL ? NULL : PyUnicode_FromFormat("take($module, cls, /, *args, **kwargs)\n--\n\n%S", doc);
    Py_XDECREF(doc);
    Py_ssize_t size;
    const char *utf8 = text == NULL ? NULL : PyUnicode_AsUTF8AndSize(text, &size);
    if (utf8 != NULL) {
        char *copy = PyMem_RawMalloc((size_t)size + 1); /* never freed: no interpreter owns it */
        if (copy == NULL) {
            PyErr_NoMemory();
        }
        else {
            take_definitions[0].ml_doc = take_definitions[1].ml_doc = memcpy(copy, utf8, (size_t)size + 1);
        }
    }
    Py_XDECREF(text);
    return take_definitions[0].ml_doc != NULL;
}

PyDoc_STRVAR(in_c_doc, "in_c(take, pools): `pooled.take` in C, from pools or for the engine without any.\n\n"
                       "The given function serves classes that are not poolable.");

static PyObject *
native_in_c(PyObject *module, PyObject *args)
{
    PyObject *function;
    int pools;
    if (!PyArg_ParseTuple(args, "Op:in_c", &function, &pools) || !document_take(function)) {
        return NULL;
    }
    PyObject *name = PyObject_GetAttrString(function, "__module__");
    if (name == NULL) {
        return NULL;
    }
    Py_INCREF(function);
    Py_XSETREF(state_of(module)->take_of_any, function);
    PyObject *made = PyCFunction_NewEx(&take_definitions[pools ? 0 : 1], module, name);
    Py_DECREF(name);
    return made;
}

PyDoc_STRVAR(
    set_cells_doc,
    "set_cells(lone, store, global_pool, local_pool, store_for, copy): the classes of cells and of their pools, "
    "and what `Arc`, `TArc` and `Weak` call.");

static PyObject *
native_set_cells(PyObject *module, PyObject *args)
{
    State *state = state_of(module);
    if (!arc_state_set(&state->arc, args, state->store_type)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(set_collecting_doc,
             "set_collecting(flag): tell ClassCounter whether this thread runs a collection from now on.");

static PyObject *
native_set_collecting(PyObject *Py_UNUSED(module), PyObject *flag)
{
    class_counter_set_collecting(flag == Py_True);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(restart_counters_doc,
             "restart_counters(): restart each ClassCounter, as a forked child does to count its own objects.");

static PyObject *
native_restart_counters(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    class_counter_restart_all();
    Py_RETURN_NONE;
}

PyDoc_STRVAR(gc_callback_doc,
             "gc_callback(function, least): an entry of gc.callbacks that calls the function for collections of the "
             "generation `least` and older, unless the stack has no room for the call.");

static PyObject *
native_gc_callback(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *function, *least;
    if (!PyArg_ParseTuple(args, "OO!:gc_callback", &function, &PyLong_Type, &least)) {
        return NULL;
    }
    return gc_callback_new(function, least);
}

PyDoc_STRVAR(close_doc,
             "close(): destroy all parked objects, and park none from now on. For the end of the interpreter.");

static PyObject *
native_close(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    handles_close(state_of(module)->arc.arc_type, state_of(module)->arc.tarc_type);
    trace_close();
    pressure_close();
    trim_close_all();
    Py_RETURN_NONE;
}

PyDoc_STRVAR(when_memory_is_short_doc,
             "when_memory_is_short(function): call it, on the main thread, soon after an allocation has failed.");

static PyObject *
native_when_memory_is_short(PyObject *Py_UNUSED(module), PyObject *function)
{
    if (!pressure_add_trim(function)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"install", native_install, METH_O, install_doc},
    {"class_info", native_class_info, METH_O, class_info_doc},
    {"set_class_info", native_set_class_info, METH_VARARGS, set_class_info_doc},
    {"hook_of", native_hook_of, METH_O, hook_of_doc},
    {"store_of", native_store_of, METH_O, store_of_doc},
    {"detach", native_detach, METH_O, detach_doc},
    {"disown", native_disown, METH_O, disown_doc},
    {"orphan", native_orphan, METH_VARARGS, orphan_doc},
    {"in_c", native_in_c, METH_VARARGS, in_c_doc},
    {"empties", native_empties, METH_O, empties_doc},
    {"kept", native_kept, METH_NOARGS, kept_doc},
    {"set_cells", native_set_cells, METH_VARARGS, set_cells_doc},
    {"set_collecting", native_set_collecting, METH_O, set_collecting_doc},
    {"restart_counters", native_restart_counters, METH_NOARGS, restart_counters_doc},
    {"gc_callback", native_gc_callback, METH_VARARGS, gc_callback_doc},
    {"when_memory_is_short", native_when_memory_is_short, METH_O, when_memory_is_short_doc},
    {"close", native_close, METH_NOARGS, close_doc},
    DEBUG_TRACE_METHOD,
    {NULL, NULL, 0, NULL},
};

static int
add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *type == NULL ? -1 : PyModule_AddType(module, *type);
}

static int
native_exec(PyObject *module)
{
    State *state = state_of(module);
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "the native engine works in the main interpreter alone");
        return -1;
    }
    gc_track_init();
    dealloc_init();
    trim_init();
    if (!interp_init() || !containers_find() || !probes_run() || add_type(module, &hook_spec, &state->hook_type) < 0
        || add_type(module, &store_spec, &state->store_type) < 0
        || add_type(module, &fields_spec, &state->fields_type) < 0
        || add_type(module, &init_plan_spec, &state->init_plan_type) < 0
        || add_type(module, &counter_spec, &state->counter_type) < 0
        || add_type(module, &arc_spec, &state->arc.arc_type) < 0
        || add_type(module, &tarc_spec, &state->arc.tarc_type) < 0
        || add_type(module, &weak_spec, &state->arc.weak_type) < 0) {
        return -1;
    }
    state->arc.arc_type->tp_vectorcall = state->arc.tarc_type->tp_vectorcall = arc_vectorcall;
    if (constants_add(module) < 0) {
        return -1;
    }
    return PyModule_AddStringConstant(module, "built_for", PY_VERSION);
}

static int
native_traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(state_of(module)->hook_type);
    Py_VISIT(state_of(module)->store_type);
    Py_VISIT(state_of(module)->fields_type);
    Py_VISIT(state_of(module)->init_plan_type);
    Py_VISIT(state_of(module)->counter_type);
    Py_VISIT(state_of(module)->take_of_any);
    return arc_state_traverse(&state_of(module)->arc, visit, arg);
}

static int
native_clear(PyObject *module)
{
    Py_CLEAR(state_of(module)->hook_type);
    Py_CLEAR(state_of(module)->store_type);
    Py_CLEAR(state_of(module)->fields_type);
    Py_CLEAR(state_of(module)->init_plan_type);
    Py_CLEAR(state_of(module)->counter_type);
    Py_CLEAR(state_of(module)->take_of_any);
    arc_state_clear(&state_of(module)->arc);
    return 0;
}

static void
native_free(void *module)
{
    native_clear(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, native_exec},
#if COMPAT_FREE_THREADED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
#ifdef Py_mod_multiple_interpreters /* deallocs read static variables, which one GIL protects */
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL},
};

/* clang-format off */
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = MODULE_NAME,
    .m_doc = "The native engine: objects that park themselves.",
    .m_size = sizeof(State),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = native_traverse,
    .m_clear = native_clear,
    .m_free = native_free,
};
/* clang-format on */

PyMODINIT_FUNC
MODULE_INIT(void)
{
    return PyModuleDef_Init(&definition);
}
