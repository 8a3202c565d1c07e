#include "shelf.h"

#include <string.h>

#include "dying.h"
#include "fields.h"
#include "learned.h"
#include "store.h"

enum { FIRST_ROOM = 16 };

bool
shelf_grow(Shelf *shelf)
{
    Py_ssize_t room = shelf->room == 0 ? FIRST_ROOM : shelf->room * 2;
    PyObject **objects = PyMem_Realloc(shelf->objects, (size_t)room * sizeof(PyObject *));
    if (objects == NULL) {
        return false;
    }
    shelf->objects = objects;
    shelf->room = room;
    return true;
}

bool
shelf_put_under(Shelf *shelf, PyObject *object)
{
    if (!shelf_put(shelf, object)) {
        return false;
    }
    memmove(shelf->objects + 1, shelf->objects, (size_t)(shelf->count - 1) * sizeof(PyObject *));
    shelf->objects[0] = object;
    return true;
}

/* Say of what class a batch is, while the shelf that it comes from keeps that alive. */
static Batch
batch_of(const Shelf *shelf, PyObject **objects, Py_ssize_t count)
{
    Batch batch = {.objects = objects, .count = count};
    if (count > 0) {
        batch.type = (PyTypeObject *)Py_NewRef(Py_TYPE(objects[0]));
        batch.fields = shelf->store != NULL ? (Fields *)Py_XNewRef(shelf->store->fields) : NULL;
    }
    return batch;
}

Batch
shelf_take_oldest(Shelf *shelf, Py_ssize_t count)
{
    if (count >= shelf->count) {
        Batch all = batch_of(shelf, shelf->objects, shelf->count);
        shelf->objects = NULL;
        shelf->count = shelf->room = shelf->low = 0;
        return all;
    }
    PyObject **oldest = count <= 0 ? NULL : PyMem_Malloc((size_t)count * sizeof(PyObject *));
    if (oldest == NULL) {
        return (Batch){.count = 0};
    }
    memcpy(oldest, shelf->objects, (size_t)count * sizeof(PyObject *));
    shelf->count -= count;
    shelf->low = shelf->low > count ? shelf->low - count : 0;
    memmove(shelf->objects, shelf->objects + count, (size_t)shelf->count * sizeof(PyObject *));
    return batch_of(shelf, oldest, count);
}

Batch
shelf_take_unused(Shelf *shelf)
{
    Batch batch = {.count = 0};
    if (shelf->low > 0) {
        batch = shelf_take_oldest(shelf, (shelf->low + 1) / 2);
    }
    shelf->low = shelf->count;
    return batch;
}

static void
scales_add(Scales *scales, PyTypeObject *type)
{
    PyObject *method = _PyType_Lookup(type, learned.sizeof_name);
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
shelf_weigh(const Shelf *shelf, const Scales *scales, Py_ssize_t limit, Py_ssize_t *count)
{
    size_t sum = 0;
    *count = shelf->count < limit ? shelf->count : limit;
    for (Py_ssize_t i = 0; i < *count; i++) {
        PyObject *object = shelf->objects[i * shelf->count / *count]; /* from all of it: the oldest may be smaller */
        sum += scales_weigh(scales, object);
        if (shelf->store != NULL && shelf->store->fields != NULL) {
            sum += fields_weigh_parts(shelf->store->fields, object, scales);
        }
    }
    return sum;
}

Py_ssize_t
batch_end(Batch batch)
{
    for (Py_ssize_t i = 0; i < batch.count; i++) {
        if (batch.fields != NULL) {
            fields_show_parts(batch.fields, batch.objects[i]);
        }
        end_parked(batch.objects[i]);
    }
    PyMem_Free(batch.objects);
    Py_XDECREF(batch.fields);
    Py_XDECREF(batch.type);
    return batch.count;
}

void
shelf_add_counts(Shelf *shelf, const Shelf *other)
{
    for (int i = 0; i <= FATES; i++) {
        shelf->counts[i] += other->counts[i];
    }
}
