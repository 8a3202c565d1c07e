#include "base/gc_track.h"

#include <string.h>

#if COMPAT_FREE_THREADED

void
gc_track_init(void)
{
}

#else

PyGC_Head *gc_track_young;

static PyGC_Head *
next_of(PyObject *self)
{
    return (PyGC_Head *)_Py_AS_GC(self)->_gc_next;
}

/* Whether this is the version of Python that the headers were for, which is asked where releases of one version have had
   different collectors; and not one whose forward links have flags, too. */
static bool
is_known(void)
{
    if (!COMPAT_HAS_PLAIN_LINKS) {
        return false;
    }
    return !COMPAT_COLLECTOR_VARIES || strncmp(Py_GetVersion(), PY_VERSION " ", strlen(PY_VERSION) + 1) == 0;
}

/* The list behind the last object that came into it, if a second one comes in between. */
void
gc_track_init(void)
{
    if (gc_track_young != NULL || !is_known()) {
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
