#include "object/weigh.h"

#include "base/interp.h"
#include "object/fields.h"

/* How objects of some types are weighed, found out before, since no type can be asked while all threads are stopped. */
typedef struct {
    struct Scale {
        PyTypeObject *type; /* not referenced */
        PyCFunction say;    /* its `__sizeof__`, if that is one of C: it needs no reference to an object, and a parked
                               one has none; else NULL */
    } of[5];
    int count;
} Scales;

typedef struct Scale Scale;

static void
scales_add(Scales *scales, PyTypeObject *type)
{
    PyObject *method = _PyType_Lookup(type, interp.sizeof_name);
    Scale *scale = &scales->of[scales->count++];
    *scale = (Scale){.type = type};
    if (method != NULL && Py_IS_TYPE(method, &PyMethodDescr_Type)) {
        const PyMethodDef *definition = ((PyMethodDescrObject *)method)->d_method;
        scale->say = definition->ml_flags == METH_NOARGS ? definition->ml_meth : NULL;
    }
}

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

static size_t
scales_weigh(const Scales *scales, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    size_t size = (size_t)type->tp_basicsize;
    for (int i = 0; i < scales->count; i++) {
        if (scales->of[i].type == type && scales->of[i].say != NULL) {
            PyObject *said = scales->of[i].say(object, NULL);
            size = said != NULL ? PyLong_AsSize_t(said) : size;
            Py_XDECREF(said);
            PyErr_Clear();
            break;
        }
    }
    return size + (PyType_IS_GC(type) ? sizeof(PyGC_Head) : 0);
}

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

static size_t
freelist_weigh(const Freelist *freelist, const Scales *scales, Py_ssize_t limit, Py_ssize_t *count)
{
    size_t sum = 0;
    *count = freelist->count < limit ? freelist->count : limit;
    for (Py_ssize_t i = 0; i < *count; i++) {
        PyObject *object = freelist->objects[i * freelist->count / *count]; /* from all of it: the oldest may be smaller */
        sum += scales_weigh(scales, object);
        if (freelist->store != NULL && freelist->store->fields != NULL) {
            sum += fields_weigh_parts(freelist->store->fields, object, scales);
        }
    }
    return sum;
}

typedef struct {
    PoolStore *store;
    Scales scales;
    Py_ssize_t limit;
    Py_ssize_t count;
    size_t sum;
} Weighing;

/* With all other threads stopped. */
static void
weigh_local(void *argument)
{
    Weighing *weighing = argument;
    ThreadState *cursor = NULL;
    for (Freelist *freelist; weighing->count < weighing->limit
                             && (freelist = freelists_next(weighing->store->index, &cursor)) != NULL;) {
        Py_ssize_t more;
        weighing->sum += freelist_weigh(freelist, &weighing->scales, weighing->limit - weighing->count, &more);
        weighing->count += more;
    }
}

size_t
weigh_store(PoolStore *store, Py_ssize_t limit, Py_ssize_t *count)
{
    Weighing weighing = {.store = store, .scales = scales_for(store->hook->type), .limit = limit};
    if (store->is_local) {
        lock_run_exclusive(weigh_local, &weighing);
    }
    else {
        lock_acquire(&store->freelist.lock);
        weighing.sum = freelist_weigh(&store->freelist, &weighing.scales, limit, &weighing.count);
        lock_release(&store->freelist.lock);
    }
    *count = weighing.count;
    return weighing.sum;
}
