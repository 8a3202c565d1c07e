#include "pool/freelist.h"

#include <string.h>

#include "object/destroy.h"
#include "object/fields.h"
#include "base/interp.h"
#include "pool/store.h"

enum { FIRST_ROOM = 16 };

bool
freelist_grow(Freelist *freelist)
{
    Py_ssize_t room = freelist->room == 0 ? FIRST_ROOM : freelist->room * 2;
    PyObject **objects = PyMem_Realloc(freelist->objects, (size_t)room * sizeof(PyObject *));
    if (objects == NULL) {
        return false;
    }
    freelist->objects = objects;
    freelist->room = room;
    return true;
}

bool
freelist_put_under(Freelist *freelist, PyObject *object)
{
    if (!freelist_put(freelist, object)) {
        return false;
    }
    memmove(freelist->objects + 1, freelist->objects, (size_t)(freelist->count - 1) * sizeof(PyObject *));
    freelist->objects[0] = object;
    return true;
}

/* Say of what class a batch is, while the freelist that it comes from keeps_capacity that alive. */
static Batch
batch_of(const Freelist *freelist, PyObject **objects, Py_ssize_t count)
{
    Batch batch = {.objects = objects, .count = count};
    if (count > 0) {
        batch.type = (PyTypeObject *)Py_NewRef(Py_TYPE(objects[0]));
        batch.fields = freelist->store != NULL ? (Fields *)Py_XNewRef(freelist->store->fields) : NULL;
    }
    return batch;
}

Batch
freelist_take_oldest(Freelist *freelist, Py_ssize_t count)
{
    if (count >= freelist->count) {
        Batch all = batch_of(freelist, freelist->objects, freelist->count);
        freelist->objects = NULL;
        freelist->count = freelist->room = freelist->low = 0;
        return all;
    }
    PyObject **oldest = count <= 0 ? NULL : PyMem_Malloc((size_t)count * sizeof(PyObject *));
    if (oldest == NULL) {
        return (Batch){.count = 0};
    }
    memcpy(oldest, freelist->objects, (size_t)count * sizeof(PyObject *));
    freelist->count -= count;
    freelist->low = freelist->low > count ? freelist->low - count : 0;
    memmove(freelist->objects, freelist->objects + count, (size_t)freelist->count * sizeof(PyObject *));
    return batch_of(freelist, oldest, count);
}

Batch
freelist_take_unused(Freelist *freelist)
{
    Batch batch = {.count = 0};
    if (freelist->low > 0) {
        batch = freelist_take_oldest(freelist, (freelist->low + 1) / 2);
    }
    freelist->low = freelist->count;
    return batch;
}

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

Scales
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

size_t
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

size_t
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

Py_ssize_t
batch_destroy(Batch batch)
{
    for (Py_ssize_t i = 0; i < batch.count; i++) {
        if (batch.fields != NULL) {
            fields_track_parts(batch.fields, batch.objects[i]);
        }
        destroy_parked(batch.objects[i]);
    }
    PyMem_Free(batch.objects);
    Py_XDECREF(batch.fields);
    Py_XDECREF(batch.type);
    return batch.count;
}

void
freelist_add_counts(Freelist *freelist, const Freelist *other)
{
    for (int i = 0; i <= OUTCOMES; i++) {
        freelist->counts[i] += other->counts[i];
    }
}
