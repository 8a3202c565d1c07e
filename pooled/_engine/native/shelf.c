#include "shelf.h"

#include <string.h>

#include "dying.h"

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

Py_ssize_t
shelf_end_oldest(Shelf *shelf, Py_ssize_t count)
{
    /* All of them are off the shelf before the first one ends: its finalizer may use the shelf. */
    if (count > shelf->count) {
        count = shelf->count;
    }
    if (count <= 0) {
        return 0;
    }
    PyObject **ending = PyMem_Malloc((size_t)count * sizeof(PyObject *));
    if (ending == NULL) { /* one by one, then, from the top, each off the shelf before it ends */
        for (Py_ssize_t i = 0; i < count && shelf->count > 0; i++) {
            end_parked(shelf_pop(shelf));
        }
        return count;
    }
    memcpy(ending, shelf->objects, (size_t)count * sizeof(PyObject *));
    shelf->count -= count;
    memmove(shelf->objects, shelf->objects + count, (size_t)shelf->count * sizeof(PyObject *));
    for (Py_ssize_t i = 0; i < count; i++) {
        end_parked(ending[i]);
    }
    PyMem_Free(ending);
    return count;
}

Py_ssize_t
shelf_clear(Shelf *shelf)
{
    Shelf former = *shelf;
    *shelf = (Shelf){NULL, 0, 0};
    for (Py_ssize_t i = 0; i < former.count; i++) {
        end_parked(former.objects[i]);
    }
    PyMem_Free(former.objects);
    return former.count;
}
