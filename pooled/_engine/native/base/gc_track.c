#include "base/gc_track.h"

#include <string.h>

#if COMPAT_FREE_THREADED

void
gc_track_init(void)
{
}

#else

PyGC_Head *gc_track_young;

/* The object after this one in the collector's list. */
static PyGC_Head *
next_of(PyObject *self)
{
    return (PyGC_Head *)_Py_AS_GC(self)->_gc_next;
}

/* Whether the fast functions support the collector: its forward links have no flags. If releases of one version of
   Python have different collectors, the running release also has to be the one of the headers. */
static bool
is_supported(void)
{
    if (!COMPAT_HAS_PLAIN_LINKS) {
        return false;
    }
    return !COMPAT_COLLECTOR_VARIES || strncmp(Py_GetVersion(), PY_VERSION " ", strlen(PY_VERSION) + 1) == 0;
}

/* CPython does not export the head of the list. The list is circular, so the successor of its last object is the head.
   The second object verifies it: it must be inserted between the first one and the head. */
void
gc_track_init(void)
{
    if (gc_track_young != NULL || !is_supported()) {
        return;
    }
    PyObject *first = PyList_New(0);
    PyGC_Head *list = first != NULL ? next_of(first) : NULL;
    bool is_last = list != NULL && (PyGC_Head *)list->_gc_prev == _Py_AS_GC(first);
    PyObject *second = PyList_New(0);
    if (is_last && second != NULL && next_of(first) == _Py_AS_GC(second) && next_of(second) == list
        && (PyGC_Head *)list->_gc_prev == _Py_AS_GC(second)) {
        gc_track_young = list;
    }
    Py_XDECREF(first);
    Py_XDECREF(second);
    PyErr_Clear();
}

#endif
