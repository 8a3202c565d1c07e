#include "threads.h"

#include "watching.h"

#include <string.h>

#include "store.h"

/* Static, since deallocs have nothing else to go by. One of each thread; the lists belong to who has the lock, or has
   stopped all others. A shelf's objects are its thread's. */
THREAD_LOCAL Thread here;
static Lock desks_lock;
static Desk *desks;
static struct {
    bool *taken; /* by index */
    Py_ssize_t count;
} indices;

static const char CAPSULE[] = MODULE_NAME ".desk"; /* each build has its own */

/* The first shelf of a desk that has objects: these, off the shelf. */
static Batch
desk_take(Desk *desk)
{
    Batch batch = {.count = 0};
    lock(&desks_lock); /* with it no pool can take its shelves away */
    for (Py_ssize_t i = 0; batch.count == 0 && i < desk->count; i++) {
        if (desk->shelves[i] != NULL && desk->shelves[i]->count > 0) {
            batch = shelf_take_oldest(desk->shelves[i], desk->shelves[i]->count);
        }
    }
    unlock(&desks_lock);
    return batch;
}

/* Let go of a shelf, with the lock. */
static void
shelf_free(Shelf **shelf)
{
    PyMem_Free((*shelf)->objects);
    PyMem_Free(*shelf);
    *shelf = NULL;
}

/* Take a desk away. What its shelves counted is left to their pools. */
static void
desk_remove(Desk *desk)
{
    lock(&desks_lock);
    *(desk->previous != NULL ? &desk->previous->next : &desks) = desk->next;
    if (desk->next != NULL) {
        desk->next->previous = desk->previous;
    }
    for (Py_ssize_t i = 0; i < desk->count; i++) {
        if (desk->shelves[i] != NULL) {
            Shelf *heir = &desk->shelves[i]->store->shelf;
            lock(&heir->lock);
            shelf_add_counts(heir, desk->shelves[i]);
            unlock(&heir->lock);
            shelf_free(&desk->shelves[i]);
        }
    }
    unlock(&desks_lock);
    PyMem_Free(desk->shelves);
    PyMem_Free(desk);
}

/* The end of a thread: its thread state lets go of the capsule. After a fork that is done in the child for the threads
   that are not there, by the one that is. */
static void
desk_close(PyObject *capsule)
{
    Desk *desk = PyCapsule_GetPointer(capsule, CAPSULE);
    if (here.desk == desk) { /* what is dropped from here on finds no desk */
        here.desk = NULL;
        here.thread = 0;
        here.ended = desk->thread;
    }
    Batch batch;
    while ((batch = desk_take(desk)).count > 0) { /* finalizers may be the end of a pool, which takes its shelf away */
        batch_end(batch);
    }
    desk_remove(desk);
}

/* Have the thread state own a new desk. False with an exception set. */
static bool
desk_open(uint64_t thread)
{
    PyObject *state = PyThreadState_GetDict(); /* borrowed */
    Desk *desk = PyMem_Calloc(1, sizeof(Desk));
    if (state == NULL || desk == NULL) {
        PyMem_Free(desk);
        return false;
    }
    PyObject *capsule = PyCapsule_New(desk, CAPSULE, NULL);
    if (capsule == NULL || PyDict_SetItemString(state, CAPSULE, capsule) < 0) {
        Py_XDECREF(capsule);
        PyMem_Free(desk);
        return false;
    }
    desk->thread = thread;
    desk->held = &here.held;
    lock(&desks_lock);
    desk->next = desks;
    if (desks != NULL) {
        desks->previous = desk;
    }
    desks = desk;
    unlock(&desks_lock);
    here.desk = desk;
    here.thread = thread;
    PyCapsule_SetDestructor(capsule, desk_close); /* from here on it owns the desk */
    Py_DECREF(capsule);
    return true;
}

/* The desk of this thread, or NULL without an exception. */
static Desk *
desk_here(void)
{
    if (here.desk != NULL) {
        return here.desk;
    }
    uint64_t thread = PyThreadState_GetID(PyThreadState_Get());
    if (thread == here.ended) {
        return NULL; /* its dict would be made anew, and never be let go of */
    }
    PyObject *exception = compat_take_exception(); /* an object may be dropped while one is on its way */
    if (!desk_open(thread)) {
        PyErr_Clear();
    }
    compat_put_exception(exception);
    return here.desk;
}

/* The place of a shelf in a desk, with the lock; NULL where there is no memory for it. */
static Shelf **
place_in(Desk *desk, Py_ssize_t index)
{
    if (index >= desk->count) {
        Shelf **shelves = PyMem_Realloc(desk->shelves, (size_t)indices.count * sizeof(Shelf *));
        if (shelves == NULL) {
            return NULL;
        }
        memset(shelves + desk->count, 0, (size_t)(indices.count - desk->count) * sizeof(Shelf *));
        desk->shelves = shelves;
        desk->count = indices.count;
    }
    return &desk->shelves[index];
}

COLD Shelf *
open_shelf(Py_ssize_t index, PoolStore *store)
{
    Desk *desk = desk_here();
    if (desk == NULL) {
        return NULL;
    }
    lock(&desks_lock);
    Shelf **place = place_in(desk, index);
    if (place != NULL && *place == NULL) {
        *place = PyMem_Calloc(1, sizeof(Shelf));
        if (*place != NULL) {
            (*place)->store = store;
        }
    }
    Shelf *shelf = place != NULL ? *place : NULL;
    unlock(&desks_lock);
    return shelf;
}

/* The first free index, with the lock; -1 where there is no memory for more. */
static Py_ssize_t
find_index(void)
{
    for (Py_ssize_t i = 0; i < indices.count; i++) {
        if (!indices.taken[i]) {
            return i;
        }
    }
    Py_ssize_t former = indices.count, count = former == 0 ? 16 : former * 2;
    bool *taken = PyMem_Realloc(indices.taken, (size_t)count * sizeof(bool));
    if (taken == NULL) {
        return -1;
    }
    memset(taken + former, 0, (size_t)(count - former) * sizeof(bool));
    indices.taken = taken;
    indices.count = count;
    return former;
}

Py_ssize_t
shelves_new_index(void)
{
    lock(&desks_lock);
    Py_ssize_t index = find_index();
    if (index >= 0) {
        indices.taken[index] = true;
    }
    unlock(&desks_lock);
    if (index < 0) {
        PyErr_NoMemory();
    }
    return index;
}

/* The shelf of a desk, NULL where it has none. */
static Shelf *
shelf_of(const Desk *desk, Py_ssize_t index)
{
    return index < desk->count ? desk->shelves[index] : NULL;
}

void
shelves_free_index(Py_ssize_t index)
{
    lock(&desks_lock);
    for (Desk *desk = desks; desk != NULL; desk = desk->next) {
        if (shelf_of(desk, index) != NULL) {
            shelf_free(&desk->shelves[index]);
        }
    }
    indices.taken[index] = false;
    unlock(&desks_lock);
}

/* The same as `shelves_count`, with the lock; what was counted is added to `sum`, if there is one. */
static Py_ssize_t
add_up(Py_ssize_t index, Shelf *sum)
{
    Py_ssize_t count = 0;
    for (Desk *desk = desks; desk != NULL; desk = desk->next) {
        Shelf *shelf = shelf_of(desk, index);
        if (shelf != NULL) {
            count += shelf->count;
        }
        if (shelf != NULL && sum != NULL) {
            shelf_add_counts(sum, shelf);
        }
    }
    return count;
}

Py_ssize_t
shelves_count(Py_ssize_t index)
{
    lock(&desks_lock);
    Py_ssize_t count = add_up(index, NULL);
    unlock(&desks_lock);
    return count;
}

Py_ssize_t
shelves_sum(PoolStore *store, Shelf *sum)
{
    lock(&desks_lock); /* so that no thread that ends leaves what it counted to a shelf that was looked at before */
    lock(&store->shelf.lock);
    shelf_add_counts(sum, &store->shelf);
    Py_ssize_t count = store->shelf.count;
    unlock(&store->shelf.lock);
    if (store->is_local) {
        count += add_up(store->index, sum);
    }
    unlock(&desks_lock);
    return count;
}

typedef struct {
    Py_ssize_t index;
    Py_ssize_t keep;
    Batch batch;
} Trim;

/* Take what is above `keep` off the first shelf that has more. */
static void
take_surplus(void *argument)
{
    Trim *trim = argument;
    trim->batch = (Batch){.count = 0};
    for (Desk *desk = desks; trim->batch.count == 0 && desk != NULL; desk = desk->next) {
        Shelf *shelf = shelf_of(desk, trim->index);
        if (shelf != NULL && shelf->count > trim->keep) {
            trim->batch = shelf_take_oldest(shelf, shelf->count - trim->keep);
        }
    }
}

void
shelves_trim(Py_ssize_t index, Py_ssize_t keep)
{
    /* Finalizers may run, and with them anything: threads may end, and their desks go. So look anew each time. */
    Trim trim = {.index = index, .keep = keep};
    do {
        do_alone(take_surplus, &trim);
    } while (batch_end(trim.batch) > 0);
}

typedef struct {
    PoolStore *store;
    uint64_t number; /* of this trimming; 0 where it has not begun */
    Batch batch;
} TrimUnused;

/* Take what was not needed off the first shelf that has some, of those that were not trimmed this time. */
static void
take_unused(void *argument)
{
    TrimUnused *trim = argument;
    if (trim->number == 0) {
        trim->number = ++trim->store->trimmings;
    }
    trim->batch = (Batch){.count = 0};
    for (Desk *desk = desks; trim->batch.count == 0 && desk != NULL; desk = desk->next) {
        Shelf *shelf = shelf_of(desk, trim->store->index);
        if (shelf != NULL && shelf->trimmed < trim->number) {
            shelf->trimmed = trim->number;
            trim->batch = shelf_take_unused(shelf);
        }
    }
}

Py_ssize_t
shelves_trim_unused(PoolStore *store)
{
    Py_ssize_t sum = 0, ended;
    TrimUnused trim = {.store = store};
    do {
        do_alone(take_unused, &trim);
        ended = batch_end(trim.batch); /* with that, anything may happen: as in shelves_trim */
        sum += ended;
    } while (ended > 0);
    return sum;
}

typedef struct {
    PoolStore *store;
    Scales scales;
    Py_ssize_t limit;
    Py_ssize_t count;
    size_t sum;
} Weighing;

static void
weigh_some(void *argument)
{
    Weighing *weighing = argument;
    for (Desk *desk = desks; weighing->count < weighing->limit && desk != NULL; desk = desk->next) {
        Shelf *shelf = shelf_of(desk, weighing->store->index);
        if (shelf != NULL) {
            Py_ssize_t more;
            weighing->sum += shelf_weigh(shelf, &weighing->scales, weighing->limit - weighing->count, &more);
            weighing->count += more;
        }
    }
}

size_t
shelves_weigh(PoolStore *store, const Scales *scales, Py_ssize_t limit, Py_ssize_t *count)
{
    Weighing weighing = {.store = store, .scales = *scales, .limit = limit};
    do_alone(weigh_some, &weighing);
    *count = weighing.count;
    return weighing.sum;
}

bool
any_held(void)
{
    if (here.held != 0) {
        return true;
    }
    for (Desk *desk = desks; desk != NULL; desk = desk->next) {
        if (*desk->held != 0) {
            return true;
        }
    }
    return false;
}
