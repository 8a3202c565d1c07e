#include "module/arc_state.h"

#include "paths/acquire_take.h"

/* Whether the slot `value` of a class is where `Cell` has it. */
static bool
has_value(PyTypeObject *type)
{
    PyObject *slot = PyObject_GetAttrString((PyObject *)type, "value");
    bool has = slot != NULL && Py_TYPE(slot) == &PyMemberDescr_Type
               && ((PyMemberDescrObject *)slot)->d_member->offset == offsetof(Cell, value);
    Py_XDECREF(slot);
    PyErr_Clear();
    return has && type->tp_weaklistoffset != 0;
}

bool
arc_state_set(ArcState *state, PyObject *args, PyTypeObject *store_type)
{
    ArcState given;
    if (!PyArg_ParseTuple(args, "O!O!O!O!OO:set_cells", &PyType_Type, &given.lone_type, store_type, &given.store,
                          &PyType_Type, &given.global_pool, &PyType_Type, &given.local_pool, &given.store_for,
                          &given.copy)) {
        return false;
    }
    PyTypeObject *type = given.store->hook->type;
    if (!has_value(type) || !has_value(given.lone_type) || !PyType_IsSubtype(type, given.lone_type)) {
        PyErr_Format(PyExc_TypeError, "cls=%R: expected a class of cells", given.lone_type);
        return false;
    }
    Py_XSETREF(state->lone_type, (PyTypeObject *)Py_NewRef(given.lone_type));
    Py_XSETREF(state->global_pool, (PyTypeObject *)Py_NewRef(given.global_pool));
    Py_XSETREF(state->local_pool, (PyTypeObject *)Py_NewRef(given.local_pool));
    Py_XSETREF(state->store, (PoolStore *)Py_NewRef(given.store));
    Py_XSETREF(state->store_for, Py_NewRef(given.store_for));
    Py_XSETREF(state->copy, Py_NewRef(given.copy));
    return true;
}

int
arc_state_traverse(ArcState *state, visitproc visit, void *arg)
{
    Py_VISIT(state->arc_type);
    Py_VISIT(state->tarc_type);
    Py_VISIT(state->weak_type);
    Py_VISIT(state->lone_type);
    Py_VISIT(state->global_pool);
    Py_VISIT(state->local_pool);
    Py_VISIT(state->store);
    Py_VISIT(state->store_for);
    Py_VISIT(state->copy);
    return 0;
}

void
arc_state_clear(ArcState *state)
{
    Py_CLEAR(state->arc_type);
    Py_CLEAR(state->tarc_type);
    Py_CLEAR(state->weak_type);
    Py_CLEAR(state->lone_type);
    Py_CLEAR(state->global_pool);
    Py_CLEAR(state->local_pool);
    Py_CLEAR(state->store);
    Py_CLEAR(state->store_for);
    Py_CLEAR(state->copy);
}

PyObject *
arc_cell_new(ArcState *state, PoolStore *store, PyObject *value)
{
    PyObject *cell;
    if (LIKELY(store != NULL)) {
        cell = acquire_bare(store);
    }
    else if (LIKELY(state->lone_type != NULL)) {
        cell = state->lone_type->tp_alloc(state->lone_type, 0);
    }
    else {
        PyErr_SetString(PyExc_RuntimeError, "the module pooled.arc is not initialised yet, or was cleared");
        return NULL;
    }
    if (LIKELY(cell != NULL)) {
        ((Cell *)cell)->value = Py_NewRef(value);
    }
    return cell;
}
