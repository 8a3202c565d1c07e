#include "pool/depot.h"

#if COMPAT_FREE_THREADED

#include <string.h>

enum {
    MAGAZINE = 32,        /* objects that move together */
    FRONT = 2 * MAGAZINE, /* two magazines, so that a thread at a boundary does not move one for each object */
    LEAST = 4 * FRONT,    /* a pool with a smaller `max` has no fronts */
    PATIENCE = 64,        /* visits to the depot until a front opens */
};

/* The functions up to `depot_close` are called under the lock of the depot, or with all other threads stopped. Its count and
   `claimed` are also read without the lock. */

static void
set_claimed(Freelist *depot, Py_ssize_t claimed)
{
    _Py_atomic_store_ssize_relaxed(&depot->claimed, claimed);
}

/* Objects that a front got by misses or insertions make room in a depot that follows the load. `credited` of a front
   counts those that it has reported. */
static void
report_load(Freelist *depot, Freelist *front)
{
    uint64_t came = front->counts[MISS] + front->counts[INSERTED];
    depot->credited -= came - front->credited;
    front->credited = came;
}

/* The most objects that may be parked now. */
static Py_ssize_t
limit_of(const Freelist *depot, Py_ssize_t max)
{
    return depot->follows && depot->room < max ? depot->room : max;
}

/* The free room of the depot, after it has grown for `wanted` objects if it can. Not more than `max` allows; maybe negative. */
static Py_ssize_t
space_for(Freelist *depot, Py_ssize_t max, Py_ssize_t wanted)
{
    Py_ssize_t used = depot->count + depot->claimed;
    while (depot->room - used < wanted && depot->room < max && freelist_grow(depot)) {
    }
    return (depot->room < max ? depot->room : max) - used;
}

/* Pop one object from the depot. NULL if it is empty. */
static PyObject *
pop(Freelist *depot)
{
    Py_ssize_t left = depot->count - 1;
    if (left < 0) {
        return NULL;
    }
    freelist_set_count(depot, left);
    depot->low = depot->low < left ? depot->low : left;
    return depot->objects[left];
}

/* Move the topmost objects of the depot to a front. Objects that were not needed in the depot are not needed in the front. */
static void
load(Freelist *depot, Freelist *front, Py_ssize_t count)
{
    Py_ssize_t left = depot->count - count;
    memcpy(front->objects + front->count, depot->objects + left, (size_t)count * sizeof(PyObject *));
    freelist_set_count(front, front->count + count);
    freelist_set_count(depot, left);
    if (depot->low > left) {
        front->low += depot->low - left;
        depot->low = left;
    }
}

/* Move the oldest objects of a front to the top of the depot, which has room for them. */
static void
unload(Freelist *depot, Freelist *front, Py_ssize_t count)
{
    Py_ssize_t left = front->count - count, unneeded = front->low < count ? front->low : count;
    memcpy(depot->objects + depot->count, front->objects, (size_t)count * sizeof(PyObject *));
    memmove(front->objects, front->objects + count, (size_t)left * sizeof(PyObject *));
    freelist_set_count(front, left);
    front->low -= unneeded;
    freelist_set_count(depot, depot->count + count);
    depot->low += unneeded;
}

/* Open a closed front of a thread that uses the pool often, if the pool is large enough. If the depot is nearly full,
   the front gets as many objects as its room takes from that of the depot. */
static void
open_if_busy(Freelist *depot, Freelist *front, Py_ssize_t max)
{
    Py_ssize_t limit = limit_of(depot, max);
    if (front->room != 0 || limit < LEAST || depot->claimed + FRONT > limit / 2) {
        return;
    }
    if (front->visits < PATIENCE) {
        front->visits++;
        return;
    }
    if (front->objects == NULL && (front->objects = PyMem_Malloc(FRONT * sizeof(PyObject *))) == NULL) {
        return;
    }
    Py_ssize_t missing = FRONT - space_for(depot, max, FRONT);
    if (missing > FRONT || missing > depot->count) {
        return;
    }
    front->room = FRONT;
    if (missing > 0) {
        load(depot, front, missing);
    }
    set_claimed(depot, depot->claimed + FRONT);
}

void
depot_close(Freelist *depot, Freelist *front)
{
    report_load(depot, front);
    set_claimed(depot, depot->claimed - front->room);
    if (front->count != 0) {
        unload(depot, front, front->count);
    }
    front->room = 0;
}

/* ---- functions that take the lock ---- */

PyObject *
depot_take(Freelist *depot, Freelist *front, Py_ssize_t max)
{
    if (_Py_atomic_load_ssize_relaxed(&depot->count) == 0) {
        return NULL;
    }
    lock_acquire(&depot->lock);
    if (front != NULL) {
        report_load(depot, front);
        open_if_busy(depot, front, max);
    }
    bool is_open = front != NULL && front->room != 0;
    if (is_open && front->count == 0) {
        load(depot, front, depot->count < MAGAZINE ? depot->count : MAGAZINE);
    }
    PyObject *object = is_open ? freelist_pop(front) : pop(depot);
    freelist_add(front != NULL ? front : depot, HIT, object != NULL);
    lock_release(&depot->lock);
    return object;
}

bool
depot_put(Freelist *depot, Freelist *front, Py_ssize_t max, PyObject *object, Outcome outcome)
{
    lock_acquire(&depot->lock);
    if (front != NULL) {
        report_load(depot, front);
        open_if_busy(depot, front, max);
    }
    bool done;
    if (front != NULL && front->room != 0) {
        Py_ssize_t space = front->count < front->room ? 0 : space_for(depot, max, MAGAZINE);
        if (space > 0) {
            unload(depot, front, space < MAGAZINE ? space : MAGAZINE);
        }
        done = front->count < front->room;
        if (done) {
            front->objects[front->count] = object;
            freelist_set_count(front, front->count + 1);
        }
    }
    else {
        done = space_for(depot, max, 1) > 0;
        if (done) {
            depot->objects[depot->count] = object;
            freelist_set_count(depot, depot->count + 1);
        }
    }
    freelist_add(front != NULL ? front : depot, outcome, done);
    lock_release(&depot->lock);
    return done;
}

bool
depot_put_under(Freelist *depot, Py_ssize_t max, PyObject *object)
{
    lock_acquire(&depot->lock);
    bool done = space_for(depot, max, 1) > 0;
    if (done) {
        memmove(depot->objects + 1, depot->objects, (size_t)depot->count * sizeof(PyObject *));
        depot->objects[0] = object;
        freelist_set_count(depot, depot->count + 1);
    }
    lock_release(&depot->lock);
    return done;
}

#else
typedef int depots_are_for_builds_without_a_gil; /* a C file needs a declaration */
#endif
