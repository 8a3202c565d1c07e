#include "module/store_limits.h"

#include "paths/trim.h"

typedef struct {
    PoolStore *store;
    Py_ssize_t max;
    Py_ssize_t max_cap;
    bool follows;
} Limits;

/* With all other threads stopped. */
static void
set_limits(void *argument)
{
    Limits *wanted = argument;
    PoolStore *store = wanted->store;
    ThreadState *cursor = NULL;
    store->max = stores_closed ? 0 : wanted->max;
    store->max_cap = wanted->max_cap;
    store_close_fronts(store);
    freelist_follow(&store->freelist, wanted->follows);
    for (Freelist *freelist; store->is_local && (freelist = freelists_next(store->index, &cursor)) != NULL;) {
        freelist_follow(freelist, wanted->follows);
    }
}

PyObject *
store_limits_set(PoolStore *self, PyObject *args)
{
    PyObject *max, *max_cap;
    int follows;
    if (!PyArg_ParseTuple(args, "OOp:limit", &max, &max_cap, &follows)) {
        return NULL;
    }
    Py_ssize_t bound = PyNumber_AsSsize_t(max, NULL); /* a larger limit means no limit */
    Py_ssize_t cap = PyNumber_AsSsize_t(max_cap, NULL);
    if (PyErr_Occurred()) {
        return NULL;
    }
    bool none_stays = cap < self->max_cap; /* parked objects are not measured again */
    lock_run_exclusive(set_limits, &(Limits){self, bound, cap, follows});
    trim_to(self, none_stays ? 0 : bound);
    Py_RETURN_NONE;
}

PyObject *
store_limits_depths(PoolStore *self, PyObject *Py_UNUSED(ignored))
{
    Rooms rooms = {.count = 0};
    if (self->is_local) {
        freelists_rooms(self->index, self->max, &rooms);
    }
    else {
        lock_acquire(&self->freelist.lock);
        rooms_add(&rooms, &self->freelist, self->max);
        lock_release(&self->freelist.lock);
    }
    return Py_BuildValue("(nnn)", rooms.deepest, rooms.sum, rooms.count);
}
