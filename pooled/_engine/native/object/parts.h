/* Parts: containers that belong to one object. When the object is recycled, they are emptied in place and kept.

   A part of a parked object is empty. It is untracked, as its object is. */

#ifndef POOLED_PARTS_H
#define POOLED_PARTS_H

#include "base/attrs.h"
#include "base/compat.h"
#include "base/gc_track.h"
#include "containers/clear_inline.h"
#include "containers/containers.h"
#include "pool/store.h"

/* How a part is emptied.  */
typedef enum {
    PART_LIST,      /* as an exact list, inline */
    PART_DICT,      /* as an exact dict, inline */
    PART_SET,       /* as an exact set, inline */
    PART_FRESH_SET, /* as an exact set, so that it iterates like a new one */
    PART_BYTEARRAY, /* as an exact bytearray, inline */
    PART_CONTAINER, /* in C, by the functions of its Container */
    PART_POOLABLE,  /* as the pool of its class empties an object */
    PART_PYTHON,    /* by `keep` */
    PART_ANY,       /* in one of these ways, which its class decides each time */
} PartKind;

typedef struct {
    PartKind kind;
    PyTypeObject *type;         /* the exact class of the part; a strong reference. NULL if the kind is PART_ANY */
    const Container *container; /* the container that `type` is or inherits from, or NULL; static */
    PyObject *keep;             /* keep(value, max_cap): empty it; return whether it can be kept; a strong reference */
    PyObject *restore;          /* (name, value): an attribute to set after emptying; a strong reference, or NULL */
    int sparse; /* sparse parts since the last one that was shrunk (containers/clear_inline.h). Atomic */
} Part;

/* Whether a part was kept. */
typedef enum {
    PART_KEPT,    /* it is empty and untracked */
    PART_DROPPED, /* it cannot be kept: the object needs a new one */
    PART_ERROR,   /* the function that empties it raised; the exception has been reported */
} PartOutcome;

/* Initialise a part of class `type`. `in_c`: a container of this class can be emptied in C, and the attribute in
   `restore`, which can be None, is set afterwards. Otherwise `keep` empties it. Takes new references to the
   arguments. */
void part_init(Part *part, PyTypeObject *type, PyObject *keep, bool in_c, PyObject *restore);

/* Release the references of a part. */
void part_free(Part *part);

/* Returns a new part: the result of a call of `make` without arguments. NULL with an exception set. */
PyObject *part_make(const Part *part, PyObject *make);

/* Try `part_make` once more after it has failed for lack of memory, if `make` is a class written in C. */
PyObject *part_make_again(const Part *part, PyObject *make);

/* Prepare a part that was kept for its next use: an object of a poolable class gets its defaults and parts. False with
   an exception set. */
bool part_make_ready(const Part *part, PyObject *value);

/* Whether a part is reachable only through its object, which is unreachable itself. Then no code can see it while it is
   emptied. */
static inline bool
part_is_unique(PyObject *value)
{
    return !has_weakrefs(value) && compat_is_unique_no_weakrefs(value);
}

/* Untrack a part, tracked or not. */
static inline void
part_untrack(PyObject *value)
{
    if (PyObject_IS_GC(value)) {
        gc_untrack_fast(value);
    }
}

/* Whether a value in the place of a part may be a part that was kept, and so be untracked. */
static inline bool
part_may_be(const Part *part, PyObject *value)
{
    return Py_TYPE(value) == part->type || (part->kind == PART_ANY && Py_REFCNT(value) == 1);
}

/* Track a part that may be untracked, because its object is tracked now or will be. Some parts must be tracked before
   they are freed. */
static inline void
part_track(PartKind kind, PyObject *value)
{
    switch (kind) {
    case PART_DICT:
        if (COMPAT_DICT_TRACKS_ITSELF) {
            return; /* the dict is empty, and tracks itself when it has to */
        }
        /* fallthrough */
    case PART_LIST:
    case PART_SET:
    case PART_FRESH_SET:
        gc_track_fast(value);
        return;
    case PART_BYTEARRAY:
        return;
    default:
        if (PyObject_IS_GC(value)) {
            gc_track_fast(value);
        }
    }
}

/* Empty the value in the place of a part, if it can be kept. Its object is unreachable, and `store` recycles it. */
PartOutcome part_keep(Part *part, PoolStore *store, PyObject *value);

/* Do the same for a part of at most SMALL_CAPACITY that is empty already, which is common. False if it is not; then nothing
   has changed. */
static inline bool
part_keep_at_once(PartKind kind, PyObject *value)
{
    bool is_clean = false;
    switch (kind) {
    case PART_LIST:
        is_clean = PyList_CheckExact(value) && list_is_clean(value);
        break;
    case PART_DICT:
        is_clean = PyDict_CheckExact(value) && dict_is_clean(value) && !compat_dict_is_watched((PyDictObject *)value);
        break;
    case PART_SET:
        is_clean = PySet_CheckExact(value) && set_is_clean(value) && !has_weakrefs(value);
        break;
    case PART_FRESH_SET:
        is_clean = PySet_CheckExact(value) && set_is_fresh(value) && !has_weakrefs(value);
        break;
    case PART_BYTEARRAY:
        return PyByteArray_CheckExact(value) && compat_is_unique(value) && bytearray_is_clean(value);
    default:
        return false;
    }
    if (UNLIKELY(!is_clean || !compat_is_unique(value))) {
        return false;
    }
    gc_untrack_fast(value);
    return true;
}

#endif
