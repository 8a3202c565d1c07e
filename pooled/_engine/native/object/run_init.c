#include "object/run_init.h"

#include "base/arguments.h"
#include "base/interp.h"

/* Look up `__init__` on the class. Returns a new reference, or NULL with an exception set. With a GIL, it is cached in
   the hook, and `init_version` says whether acquire_call.c can call it directly. Without a GIL, another thread
   could free it meanwhile. */
static PyObject *
find_init(Hook *hook)
{
    PyTypeObject *type = hook->type;
    PyObject *init = compat_lookup(type, interp.init_name);
    if (init == NULL) {
        PyErr_SetObject(PyExc_AttributeError, interp.init_name);
        return NULL;
    }
    if (COMPAT_FREE_THREADED) {
        return init;
    }
    bool is_simple = PyFunction_Check(init) && hook->fits == NULL && hook_new_is_in_c(hook) && !hook_is_abstract(hook)
                     && compat_version_tag(type) != 0
                     && !(COMPAT_BYTEARRAY_INIT_LOSES_MEMORY && hook->base == &PyByteArray_Type);
    hook->init = init;
    hook->init_version = is_simple ? compat_version_tag(type) : NO_VERSION;
    return init;
}

COLD PyObject *
run_init_bound(PyObject *init, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    descrgetfunc get = Py_TYPE(init)->tp_descr_get;
    PyObject *bound = get == NULL ? Py_NewRef(init) : get(init, self, (PyObject *)Py_TYPE(self));
    if (bound == NULL) {
        return NULL;
    }
    PyObject *answer = PyObject_Vectorcall(bound, args, nargsf & ~PY_VECTORCALL_ARGUMENTS_OFFSET, names);
    Py_DECREF(bound);
    return answer;
}

/* Call an `__init__` written in Python. -1 with an exception set. */
static int
init_in_python(Hook *hook, PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyObject *init = find_init(hook);
    if (init == NULL) {
        return -1;
    }
    PyObject *answer = PyFunction_Check(init) ? run_init_function(init, self, args, nargsf, names)
                                              : run_init_bound(init, self, args, nargsf, names);
    Py_DECREF(init);
    return check_none(answer);
}

int
run_init_slot(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Packed packed;
    if (!arguments_pack(&packed, args, nargsf, names)) {
        return -1;
    }
    int status = Py_TYPE(self)->tp_init(self, packed.tuple, packed.dict);
    arguments_unpack(&packed);
    return status;
}

int
run_init(Hook *hook, PyObject *self, bool was_blank, PyObject *const *args, size_t nargsf, PyObject *names)
{
    PyTypeObject *type = hook->type;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    bool in_python = type->tp_init == interp.python_init;
    if (!in_python && count == 0 && names == NULL && (was_blank || type->tp_init == PyBaseObject_Type.tp_init)) {
        return 0;
    }
    compat_bytearray_make_initable(self, hook->base == &PyByteArray_Type);
    return in_python ? init_in_python(hook, self, args, nargsf, names) : run_init_slot(self, args, nargsf, names);
}
