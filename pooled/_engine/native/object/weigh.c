#include "object/weigh.h"

#include "base/interp.h"
#include "object/fields.h"

/* How to measure objects of some types. This is looked up in advance, because no Python code can run while all other
   threads are stopped. */
typedef struct {
    struct Scale {
        PyTypeObject *type;  /* borrowed */
        PyCFunction size_of; /* its `__sizeof__`, if that is written in C, else NULL. A function in C needs no reference
                                to the object, and a parked object has none */
    } of[5];
    int count; /* items of `of` */
} Scales;

typedef struct Scale Scale;

/* Look up how to measure objects of a type. */
static void
scales_add(Scales *scales, PyTypeObject *type)
{
    PyObject *method = _PyType_Lookup(type, interp.sizeof_name);
    Scale *scale = &scales->of[scales->count++];
    *scale = (Scale){.type = type};
    if (method != NULL && Py_IS_TYPE(method, &PyMethodDescr_Type)) {
        const PyMethodDef *definition = ((PyMethodDescrObject *)method)->d_method;
        scale->size_of = definition->ml_flags == METH_NOARGS ? definition->ml_meth : NULL;
    }
}

/* The scales for objects of a type, and for parts of builtin types. */
static Scales
scales_for(PyTypeObject *type)
{
    Scales scales = {.count = 0};
    scales_add(&scales, type);
    scales_add(&scales, &PyList_Type);
    scales_add(&scales, &PyDict_Type);
    scales_add(&scales, &PySet_Type);
    scales_add(&scales, &PyByteArray_Type);
    return scales;
}

/* The bytes of an object. An object of an unknown type counts with its fixed part alone. */
static size_t
scales_weigh(const Scales *scales, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    size_t size = (size_t)type->tp_basicsize;
    for (int i = 0; i < scales->count; i++) {
        if (scales->of[i].type == type && scales->of[i].size_of != NULL) {
            PyObject *result = scales->of[i].size_of(object, NULL);
            size = result != NULL ? PyLong_AsSize_t(result) : size;
            Py_XDECREF(result);
            PyErr_Clear();
            break;
        }
    }
    return size + (PyType_IS_GC(type) ? sizeof(PyGC_Head) : 0);
}

/* The bytes of the parts of a parked object, or 0 if their places are unknown. */
static size_t
fields_weigh_parts(Fields *fields, PyObject *self, const Scales *scales)
{
    CompatValues values = {0};
    char *bases[BASES];
    size_t sum = 0;
    if (fields_find_bases(fields, self, bases, &values)) {
        for (const Step *step = fields->parts; step < fields->end; step++) {
            PyObject *part = *place_of_step(step, bases);
            sum += part != NULL ? scales_weigh(scales, part) : 0;
        }
    }
    return sum;
}

/* The bytes of a sample of at most `limit` objects of a freelist. Sets `*count` to their number. */
static size_t
freelist_weigh(const Freelist *freelist, const Scales *scales, Py_ssize_t limit, Py_ssize_t *count)
{
    size_t sum = 0;
    *count = freelist->count < limit ? freelist->count : limit;
    for (Py_ssize_t i = 0; i < *count; i++) {
        /* The sample is spread over the whole freelist: the oldest objects may be smaller. */
        PyObject *object = freelist->objects[i * freelist->count / *count];
        sum += scales_weigh(scales, object);
        if (freelist->store != NULL && freelist->store->fields != NULL) {
            sum += fields_weigh_parts(freelist->store->fields, object, scales);
        }
    }
    return sum;
}

typedef struct {
    PoolStore *store; /* borrowed */
    Scales scales;
    Py_ssize_t limit; /* the most objects in the sample */
    Py_ssize_t count; /* objects in the sample so far */
    size_t sum;       /* their bytes */
} Weighing;

static void
add_sample(Weighing *weighing, const Freelist *freelist)
{
    Py_ssize_t more;
    weighing->sum += freelist_weigh(freelist, &weighing->scales, weighing->limit - weighing->count, &more);
    weighing->count += more;
}

/* Measure a sample of the freelists of all threads. All other threads are stopped. */
static void
weigh_all(void *argument)
{
    Weighing *weighing = argument;
    PoolStore *store = weighing->store;
    ThreadState *cursor = NULL;
    add_sample(weighing, &store->freelist);
    for (Freelist *freelist; weighing->count < weighing->limit && store->index >= 0
                             && (freelist = freelists_next(store->index, &cursor)) != NULL;) {
        add_sample(weighing, freelist);
    }
}

size_t
weigh_store(PoolStore *store, Py_ssize_t limit, Py_ssize_t *count)
{
    Weighing weighing = {.store = store, .scales = scales_for(store->hook->type), .limit = limit};
    lock_run_exclusive(weigh_all, &weighing);
    *count = weighing.count;
    return weighing.sum;
}
