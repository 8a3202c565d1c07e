#include "numpy_api.h"

enum {
    GET_ABI_VERSION = 0,
    ARRAY_TYPE = 2,
    DESCR_TYPE = 3,
    NEW_FROM_DESCR = 94,
    GET_API_VERSION = 211,
    SET_HANDLER = 304,
    GET_HANDLER = 305,
    DEFAULT_HANDLER = 306,
};

/* NumPy 1.26 and 2.x. */
static const unsigned known_abi[] = {0x01000009, 0x02000000};
static const unsigned oldest_api = 0x11; /* of NumPy 1.26 */

static void **api;
static PyObject *default_capsule; /* borrowed from NumPy, which never frees it */
static const Handler *default_handler;
static char default_name[sizeof(((Handler *)NULL)->name)];

/* What NumPy documents as PyArrayObject_fields; it is a part of its ABI since 1.22. */
typedef struct {
    PyObject_HEAD
    char *data;
    int dimensions;
    Py_ssize_t *shape, *strides;
    PyObject *base, *descr;
    int flags;
    PyObject *weakrefs;
    void *buffer_info;
    PyObject *handler;
} ArrayFields;

enum { OWNS_DATA = 4, C_ARRAY = 0x501, FORTRAN_ARRAY = 0x502 }; /* NumPy's flags of arrays */

typedef PyObject *(*NewArrayFunction)(PyTypeObject *, PyObject *, int, const Py_ssize_t *, const Py_ssize_t *, void *,
                                      int, PyObject *);
typedef unsigned (*VersionFunction)(void);
typedef PyObject *(*SetHandlerFunction)(PyObject *);
typedef PyObject *(*GetHandlerFunction)(void);

/* A function of the table. C has no cast from a pointer to data. */
#define API_FUNCTION(table, index, type) (*(type *)(void *)&(table)[index])

static bool
check_versions(void **table)
{
    unsigned abi = API_FUNCTION(table, GET_ABI_VERSION, VersionFunction)();
    for (size_t i = 0; i < sizeof(known_abi) / sizeof(*known_abi); i++) {
        if (abi == known_abi[i]) {
            unsigned version = API_FUNCTION(table, GET_API_VERSION, VersionFunction)();
            if (version >= oldest_api) {
                return true;
            }
        }
    }
    PyErr_Format(PyExc_ImportError,
                 "pooled_arrays knows the C API of NumPy 1.26 and of NumPy 2; the NumPy that is installed has the ABI "
                 "version 0x%x. Install a newer pooled-objects, or leave the arrays to NumPy",
                 abi);
    return false;
}

/* Whether an array that NumPy makes has the layout of ArrayFields. Else an exception is set. */
static bool
check_layout(void **table, PyObject *multiarray)
{
    PyObject *array = PyObject_CallMethod(multiarray, "empty", "n", (Py_ssize_t)1);
    PyObject *handler = array == NULL ? NULL : API_FUNCTION(table, GET_HANDLER, GetHandlerFunction)();
    const ArrayFields *fields = (const ArrayFields *)array;
    bool is_known = handler != NULL && fields->handler == handler && fields->dimensions == 1 && fields->shape[0] == 1
                    && (fields->flags & OWNS_DATA) != 0;
    if (handler != NULL && !is_known) {
        PyErr_SetString(PyExc_ImportError,
                        "pooled_arrays does not know the layout of arrays of the NumPy that is installed. Install a "
                        "newer pooled-objects, or leave the arrays to NumPy");
    }
    Py_XDECREF(handler);
    Py_XDECREF(array);
    return is_known;
}

bool
numpy_connect(PyObject *multiarray)
{
    if (api != NULL) {
        return true;
    }
    PyObject *table_capsule = PyObject_GetAttrString(multiarray, "_ARRAY_API");
    void **table = table_capsule == NULL ? NULL : PyCapsule_GetPointer(table_capsule, NULL);
    Py_XDECREF(table_capsule); /* the table is a part of NumPy */
    if (table == NULL || !check_versions(table) || !check_layout(table, multiarray)) {
        return false;
    }
    PyObject *capsule = *(PyObject **)table[DEFAULT_HANDLER];
    const Handler *handler = PyCapsule_GetPointer(capsule, HANDLER_CAPSULE);
    if (handler == NULL) {
        return false;
    }
    if (handler->version != 1) {
        PyErr_Format(PyExc_ImportError,
                     "pooled_arrays knows version 1 of NumPy's handlers of memory; this NumPy has version %d",
                     handler->version);
        return false;
    }
    memcpy(default_name, handler->name, sizeof(default_name) - 1);
    plain = handler->allocator;
    default_capsule = capsule;
    default_handler = handler;
    api = table;
    return true;
}

bool
numpy_is_connected(void)
{
    if (api == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "connect() must be called first");
    }
    return api != NULL;
}

PyObject *
numpy_set_handler(PyObject *capsule)
{
    return API_FUNCTION(api, SET_HANDLER, SetHandlerFunction)(capsule);
}

bool
numpy_is_descr(PyObject *object)
{
    return PyObject_TypeCheck(object, (PyTypeObject *)api[DESCR_TYPE]);
}

PyObject *
numpy_array_on(Block *block, PyObject *capsule, const ArrayForm *form)
{
    int flags = form->is_fortran ? FORTRAN_ARRAY : C_ARRAY;
    NewArrayFunction make = API_FUNCTION(api, NEW_FROM_DESCR, NewArrayFunction);
    PyObject *array = make((PyTypeObject *)api[ARRAY_TYPE], Py_NewRef(form->descr), form->dimensions, form->shape, NULL,
                           block->memory, flags, NULL);
    if (array != NULL) {
        ArrayFields *fields = (ArrayFields *)array;
        Py_XSETREF(fields->handler, Py_NewRef(capsule));
        fields->flags |= OWNS_DATA;
    }
    return array;
}

const char *
numpy_default_name(void)
{
    return default_name;
}

bool
numpy_replace_default(Handler *handler)
{
    return PyCapsule_SetPointer(default_capsule, handler) == 0;
}

bool
numpy_default_is_replaced(void)
{
    return PyCapsule_GetPointer(default_capsule, HANDLER_CAPSULE) != default_handler;
}
