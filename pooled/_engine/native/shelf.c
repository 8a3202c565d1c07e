#include "shelf.h"

#include <string.h>

#include "dying.h"
#include "fields.h"
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

/* End objects that are on no shelf any more. All are of one class, which stays for as long as there are any: their
   finalizers may let go of it. */
static void
end_batch(PoolStore *store, PyObject **objects, Py_ssize_t count)
{
    if (count == 0) {
        return;
    }
    PyTypeObject *type = Py_TYPE(objects[0]);
    Py_INCREF(type);
    Fields *fields = store != NULL ? (Fields *)Py_XNewRef(store->fields) : NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (fields != NULL) {
            fields_show_parts(fields, objects[i]);
        }
        end_parked(objects[i]);
    }
    Py_XDECREF(fields);
    Py_DECREF(type);
}

Py_ssize_t
shelf_end_oldest(Shelf *shelf, Py_ssize_t count)
{
    if (count >= shelf->count) {
        return shelf_clear(shelf);
    }
    PyObject **ending = count <= 0 ? NULL : PyMem_Malloc((size_t)count * sizeof(PyObject *));
    if (ending == NULL) {
        return 0;
    }
    /* All of them are off the shelf before the first one ends: its finalizer may use the shelf. */
    memcpy(ending, shelf->objects, (size_t)count * sizeof(PyObject *));
    shelf->count -= count;
    memmove(shelf->objects, shelf->objects + count, (size_t)shelf->count * sizeof(PyObject *));
    end_batch(shelf->store, ending, count);
    PyMem_Free(ending);
    return count;
}

Py_ssize_t
shelf_clear(Shelf *shelf)
{
    Shelf former = *shelf;
    *shelf = (Shelf){.store = former.store};
    end_batch(former.store, former.objects, former.count);
    PyMem_Free(former.objects);
    return former.count;
}
