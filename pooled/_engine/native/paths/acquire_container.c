#include "paths/acquire_container.h"

#include "base/interp.h"
#include "containers/fill_inline.h"
#include "object/object_checks.h"
#include "paths/acquire_call.h"
#include "paths/acquire_new.h"
#include "paths/acquire_parked.h"

typedef enum { LIST, DICT, SET, DEQUE, BYTEARRAY } Kind;

/* Whether C can do what `__init__` does with these items, apart from running their own code. */
static ALWAYS_INLINE bool
can_fill(Kind kind, PyObject *items)
{
    return kind == DICT ? PyDict_CheckExact(items) : kind == BYTEARRAY ? PyBytes_CheckExact(items) : true;
}

static ALWAYS_INLINE bool
fill(Kind kind, PyObject *self, PyObject *items)
{
    switch (kind) {
    case LIST:
        return list_fill(self, items);
    case DICT:
        return dict_fill(self, items);
    case SET:
        return set_fill(self, items);
    case DEQUE:
        return deque_fill(self, items);
    default:
        return bytearray_fill(self, items);
    }
}

/* No object is parked, or an exception is set. */
static APART PyObject *
miss(PoolStore *store, PyObject *const *args, size_t nargsf)
{
    return PyErr_Occurred() ? NULL : call_construct_new(store, args, nargsf, NULL);
}

/* Whether the class is constructed as its builtin base is, apart from the pool. */
static inline bool
is_usual(const Hook *hook)
{
    return hook->type->tp_init == hook->idle_init && hook_new_is_in_c(hook) && !hook_is_abstract(hook);
}

/* cls() or cls(items) of a usual class. `*is_done` is unset for any other call. Filling runs code that may drop the
   last reference to the pool, so it comes last. */
static ALWAYS_INLINE PyObject *
construct(Kind kind, Hook *hook, PyObject *const *args, size_t nargsf, PyObject *names, bool *is_done)
{
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    bool is_known = count == 0 || (count == 1 && can_fill(kind, args[0]));
    if (UNLIKELY(!is_known || names != NULL)) {
        *is_done = false;
        return NULL;
    }
    *is_done = true;
    PoolStore *store = hook->own_store;
    CHECKED(object_check_path(store));
    PyObject *self = parked_pop(store);
    if (UNLIKELY(self == NULL)) {
        return miss(store, args, nargsf);
    }
    return count == 0 || LIKELY(fill(kind, self, args[0])) ? self : acquire_fail(self);
}

/* Specialised functions for each kind, so that the compiler removes the tests of the kind: the tp_vectorcall of the class,
   and `take`. */
#define CONSTRUCTORS(kind, call_name, take_name)                                                                       \
    static PyObject *call_name(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)                   \
    {                                                                                                                  \
        Hook *hook = hook_of((PyTypeObject *)cls);                                                                     \
        bool is_done = false;                                                                                          \
        if (LIKELY(hook != NULL && is_usual(hook) && compat_is_called_plainly(cls))) {                                 \
            PyObject *self = construct(kind, hook, args, nargsf, names, &is_done);                                     \
            if (LIKELY(is_done)) {                                                                                     \
                return self;                                                                                           \
            }                                                                                                          \
        }                                                                                                              \
        return call_general(cls, args, nargsf, names);                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    static PyObject *take_name(Hook *hook, PyObject *const *args, size_t nargsf, PyObject *names)                      \
    {                                                                                                                  \
        PyTypeObject *type = hook->type;                                                                               \
        bool is_done = false;                                                                                          \
        if (LIKELY(is_usual(hook) && Py_TYPE(type)->tp_call == PyType_Type.tp_call)) {                                 \
            PyObject *self = construct(kind, hook, args, nargsf, names, &is_done);                                     \
            if (LIKELY(is_done)) {                                                                                     \
                return self;                                                                                           \
            }                                                                                                          \
        }                                                                                                              \
        return PyObject_Vectorcall((PyObject *)type, args, nargsf, names);                                             \
    }

CONSTRUCTORS(LIST, call_list, take_list)
CONSTRUCTORS(DICT, call_dict, take_dict)
CONSTRUCTORS(SET, call_set, take_set)
CONSTRUCTORS(DEQUE, call_deque, take_deque)
CONSTRUCTORS(BYTEARRAY, call_bytearray, take_bytearray)

ContainerCalls
container_calls_for(const Hook *hook)
{
    if (hook->container == NULL || hook->type->tp_init == interp.python_init || hook->idle_init == NULL) {
        return (ContainerCalls){NULL, NULL};
    }
    return hook->base == &PyList_Type        ? (ContainerCalls){call_list, take_list}
           : hook->base == &PyDict_Type      ? (ContainerCalls){call_dict, take_dict}
           : hook->base == &PySet_Type       ? (ContainerCalls){call_set, take_set}
           : hook->base == &PyByteArray_Type ? (ContainerCalls){call_bytearray, take_bytearray}
           : container_is_deque(hook->base)  ? (ContainerCalls){call_deque, take_deque}
                                             : (ContainerCalls){NULL, NULL};
}
