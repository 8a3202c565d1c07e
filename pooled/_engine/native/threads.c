#include "threads.h"

#include "watching.h"

#include <string.h>

/* Static, since deallocs have nothing else to go by. One of each thread; the lists belong to who has the GIL. */
THREAD_LOCAL Thread here;
static Desk *desks;
static struct {
    bool *taken; /* by index */
    Py_ssize_t count;
} indices;

static const char CAPSULE[] = MODULE_NAME ".desk"; /* each build has its own */

/* End what is on the shelves of a thread. Finalizers may be the end of a pool; it finds the shelf here, and takes it
   away. */
static void
desk_clear(Desk *desk)
{
    for (Py_ssize_t i = 0; i < desk->count; i++) {
        if (desk->shelves[i] != NULL) {
            shelf_clear(desk->shelves[i]);
        }
        PyMem_Free(desk->shelves[i]);
        desk->shelves[i] = NULL;
    }
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
    desk_clear(desk);
    *(desk->previous != NULL ? &desk->previous->next : &desks) = desk->next;
    if (desk->next != NULL) {
        desk->next->previous = desk->previous;
    }
    PyMem_Free(desk->shelves);
    PyMem_Free(desk);
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
    desk->next = desks;
    if (desks != NULL) {
        desks->previous = desk;
    }
    desks = here.desk = desk;
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

COLD Shelf *
open_shelf(Py_ssize_t index)
{
    Desk *desk = desk_here();
    if (desk == NULL) {
        return NULL;
    }
    if (index >= desk->count) {
        Shelf **shelves = PyMem_Realloc(desk->shelves, (size_t)indices.count * sizeof(Shelf *));
        if (shelves == NULL) {
            return NULL;
        }
        memset(shelves + desk->count, 0, (size_t)(indices.count - desk->count) * sizeof(Shelf *));
        desk->shelves = shelves;
        desk->count = indices.count;
    }
    if (desk->shelves[index] == NULL) {
        desk->shelves[index] = PyMem_Calloc(1, sizeof(Shelf));
    }
    return desk->shelves[index];
}

Py_ssize_t
shelves_new_index(void)
{
    for (Py_ssize_t i = 0; i < indices.count; i++) {
        if (!indices.taken[i]) {
            indices.taken[i] = true;
            return i;
        }
    }
    Py_ssize_t former = indices.count, count = former == 0 ? 16 : former * 2;
    bool *taken = PyMem_Realloc(indices.taken, (size_t)count * sizeof(bool));
    if (taken == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memset(taken + former, 0, (size_t)(count - former) * sizeof(bool));
    taken[former] = true;
    indices.taken = taken;
    indices.count = count;
    return former;
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
    for (Desk *desk = desks; desk != NULL; desk = desk->next) {
        if (shelf_of(desk, index) != NULL) {
            PyMem_Free(desk->shelves[index]->objects);
            PyMem_Free(desk->shelves[index]);
            desk->shelves[index] = NULL;
        }
    }
    indices.taken[index] = false;
}

Py_ssize_t
shelves_count(Py_ssize_t index)
{
    Py_ssize_t count = 0;
    for (Desk *desk = desks; desk != NULL; desk = desk->next) {
        Shelf *shelf = shelf_of(desk, index);
        count += shelf != NULL ? shelf->count : 0;
    }
    return count;
}

/* A shelf of this index with more than `keep` objects, or NULL. */
static Shelf *
crowded_shelf(Py_ssize_t index, Py_ssize_t keep)
{
    for (Desk *desk = desks; desk != NULL; desk = desk->next) {
        Shelf *shelf = shelf_of(desk, index);
        if (shelf != NULL && shelf->count > keep) {
            return shelf;
        }
    }
    return NULL;
}

void
shelves_trim(Py_ssize_t index, Py_ssize_t keep)
{
    /* Finalizers may run, and with them anything: threads may end, and their desks go. So look anew each time. */
    Shelf *shelf;
    while ((shelf = crowded_shelf(index, keep)) != NULL && shelf_end_oldest(shelf, shelf->count - keep) > 0) {
    }
}
