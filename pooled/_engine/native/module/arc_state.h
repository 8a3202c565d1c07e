/* The state that the handles `Arc`, `TArc` and `Weak` need: the classes of the cells, and their pool. */

#ifndef POOLED_ARC_STATE_H
#define POOLED_ARC_STATE_H

#include "base/compat.h"
#include "pool/store.h"

/* An instance of either class of cells. The classes are written in Python, and have this slot. */
typedef struct {
    PyObject_HEAD
    PyObject *value; /* NULL once the collector has cleared the cell */
} Cell;

/* The first member of the state of the module. All references are strong. */
typedef struct {
    PyTypeObject *arc_type;
    PyTypeObject *tarc_type;
    PyTypeObject *weak_type;
    /* NULL before `arc_state_set`, and once the module is cleared: */
    PyTypeObject *lone_type;   /* the class of the cells that are in no pool */
    PyTypeObject *global_pool; /* the class GlobalPool */
    PyTypeObject *local_pool;  /* the class LocalPool */
    PoolStore *store;          /* of the class of the cells that are in a pool */
    PyObject *store_for;       /* store_for(value, pool): checks both, and gives the store of the pool, or None */
    PyObject *copy;            /* copy.copy */
} ArcState;

/* Set the state that Python provides. False with TypeError set if the cells do not have the layout of `Cell`. */
bool arc_state_set(ArcState *state, PyObject *args, PyTypeObject *store_type);

int arc_state_traverse(ArcState *state, visitproc visit, void *arg);
void arc_state_clear(ArcState *state);

/* A new cell with a value; without a store, it is in no pool. */
PyObject *arc_cell_new(ArcState *state, PoolStore *store, PyObject *value);

#endif
