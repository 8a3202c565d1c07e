#include "pool/freelist.h"

#include <string.h>

enum { FIRST_ROOM = 16, MOST_ROOM = 1 << 20 }; /* the latter where the room follows the load */

/* The room to grow to. Each miss and each insertion adds an object, so it makes room for one. A thread that only drops
   objects that other threads took has none of these, and parks nothing. 0: no more room. */
static Py_ssize_t
room_for_load(Freelist *freelist)
{
    int64_t credit = (int64_t)(freelist->counts[MISS] + freelist->counts[INSERTED] - freelist->credited);
    Py_ssize_t step = freelist->room < FIRST_ROOM ? FIRST_ROOM : freelist->room;
    step = step < MOST_ROOM - freelist->room ? step : MOST_ROOM - freelist->room;
    step = credit < step ? (Py_ssize_t)credit : step;
    return step > 0 ? freelist->room + step : 0;
}

void
freelist_follow(Freelist *freelist, bool follows)
{
    if (freelist->follows == follows) {
        return;
    }
    if (freelist->follows) {
        freelist->credited -= (uint64_t)(freelist->room - freelist->count);
    }
    else if (freelist->count > 0) {
        freelist->room = freelist->count;
    }
    else {
        PyMem_Free(freelist->objects);
        freelist->objects = NULL;
        freelist->room = 0;
    }
    freelist->follows = follows;
}

bool
freelist_grow(Freelist *freelist)
{
    Py_ssize_t room = freelist->room == 0 ? FIRST_ROOM : freelist->room * 2;
    if (freelist->follows && (room = room_for_load(freelist)) == 0) {
        return false;
    }
    PyObject **objects = PyMem_Realloc(freelist->objects, (size_t)room * sizeof(PyObject *));
    if (objects == NULL) {
        return false;
    }
    freelist->credited += freelist->follows ? (uint64_t)(room - freelist->room) : 0;
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

Removed
freelist_remove_oldest(Freelist *freelist, Py_ssize_t count)
{
    if (count >= freelist->count) {
        Removed all = {freelist->objects, freelist->count};
        freelist->credited -= freelist->follows ? (uint64_t)freelist->room : 0; /* objects in use still need it */
        freelist->objects = NULL;
        freelist->count = freelist->room = freelist->low = 0;
        return all;
    }
    if (count <= 0) {
        return (Removed){.count = 0};
    }
    PyObject **oldest = PyMem_Malloc((size_t)count * sizeof(PyObject *));
    if (oldest == NULL) {
        return freelist_remove_oldest(freelist, freelist->count); /* memory is short: that needs none */
    }
    memcpy(oldest, freelist->objects, (size_t)count * sizeof(PyObject *));
    freelist->count -= count;
    freelist->low = freelist->low > count ? freelist->low - count : 0;
    memmove(freelist->objects, freelist->objects + count, (size_t)freelist->count * sizeof(PyObject *));
    return (Removed){oldest, count};
}

/* Remove the objects that were not needed, and their room. Objects in use keep theirs. */
static Removed
remove_surplus(Freelist *freelist)
{
    Removed removed = freelist_remove_oldest(freelist, freelist->low);
    if (freelist->room == 0) { /* its array was freed with the objects */
        freelist->credited += (uint64_t)removed.count;
        return removed;
    }
    Py_ssize_t room = freelist->room - removed.count;
    PyObject **objects = PyMem_Realloc(freelist->objects, (size_t)room * sizeof(PyObject *));
    if (objects != NULL) {
        freelist->objects = objects;
        freelist->room = room;
    }
    return removed;
}

Removed
freelist_remove_unused(Freelist *freelist)
{
    Removed removed = {.count = 0};
    if (freelist->follows && freelist->low > 0) {
        removed = remove_surplus(freelist);
    }
    else if (freelist->low > 0) {
        removed = freelist_remove_oldest(freelist, (freelist->low + 1) / 2);
    }
    freelist->low = freelist->count;
    return removed;
}

void
rooms_add(Rooms *rooms, const Freelist *freelist, Py_ssize_t max)
{
    Py_ssize_t depth = freelist->room < max ? freelist->room : max;
    rooms->deepest = depth > rooms->deepest ? depth : rooms->deepest;
    rooms->sum += depth;
    rooms->count++;
}

/* Read a count that its thread may change meanwhile. Counts are read in the order in which the code asks for them. */
static uint64_t
load_count(const uint64_t *count)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_uint64(count);
#else
    return *count;
#endif
}

void
freelist_add_counts(Freelist *freelist, const Freelist *other, int first, int end)
{
    for (int i = first; i < end; i++) {
        freelist->counts[i] += load_count(&other->counts[i]);
    }
}
