#include "module/counter_type.h"

#include "object/class_counter.h"

static PyObject *
counter_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", "clock", "skipped", NULL};
    PyTypeObject *type;
    PyObject *clock, *skipped;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!O$O!:ClassCounter", names, &PyType_Type, &type, &clock, &PyTuple_Type, &skipped)) {
        return NULL;
    }
    if (!class_counter_is_possible(type)) {
        return PyErr_Format(
            PyExc_TypeError, "cls=%R: only a class written in Python can be counted, and only once", type);
    }
    ClassCounter *self = (ClassCounter *)metatype->tp_alloc(metatype, 0);
    if (self == NULL) {
        return NULL;
    }
    self->type = (PyTypeObject *)Py_NewRef((PyObject *)type);
    self->clock = Py_NewRef(clock);
    self->skipped = Py_NewRef(skipped);
    if (!class_counter_start(self)) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

PyDoc_STRVAR(stop_doc, "stop(): restore the slots of the class. The numbers stay. A second call does nothing.");

static PyObject *
counter_stop(ClassCounter *self, PyObject *Py_UNUSED(ignored))
{
    class_counter_stop(self);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(places_doc, "places(): where the objects were created, as tuples of file, line and number of objects.");

static PyObject *
counter_places(ClassCounter *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < self->place_count; i++) {
        const Place *place = &self->places[i];
        PyObject *tuple = Py_BuildValue("Oin", place->file, place->line, place->count);
        if (tuple == NULL || PyList_Append(list, tuple) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(tuple);
    }
    return list;
}

PyDoc_STRVAR(numbers_doc, "numbers(): the other results, as a dict; times are in seconds.");

static PyObject *
counter_numbers(ClassCounter *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("{s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:d,s:d}", "counted", self->counted, "alive", self->alive,
                         "peak", self->peak, "at_peak", self->at_peak, "dropped", self->dropped, "elsewhere",
                         self->elsewhere, "collected", self->collected, "timed", self->timed, "making",
                         (double)self->making * 1e-9, "lived", self->lived * 1e-9);
}

static void
counter_dealloc(ClassCounter *self)
{
    PyTypeObject *metatype = Py_TYPE(self);
    class_counter_stop(self);
    for (Py_ssize_t i = 0; i < self->place_count; i++) {
        Py_DECREF(self->places[i].file);
    }
    PyMem_RawFree(self->places);
    Py_DECREF(self->clock);
    Py_DECREF(self->skipped);
    Py_DECREF(self->type);
    metatype->tp_free((PyObject *)self);
    Py_DECREF(metatype);
}

static PyMethodDef counter_methods[] = {
    {"stop", (PyCFunction)counter_stop, METH_NOARGS, stop_doc},
    {"places", (PyCFunction)counter_places, METH_NOARGS, places_doc},
    {"numbers", (PyCFunction)counter_numbers, METH_NOARGS, numbers_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot counter_slots[] = {
    {Py_tp_doc, "Counts the objects of one class, from its construction until `stop`."},
    {Py_tp_new, counter_new},
    {Py_tp_dealloc, counter_dealloc},
    {Py_tp_methods, counter_methods},
    {0, NULL},
};

PyType_Spec counter_spec = {
    .name = "pooled._engine.native._native.ClassCounter",
    .basicsize = sizeof(ClassCounter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = counter_slots,
};
