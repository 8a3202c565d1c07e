/* Parts: containers that an object has for itself, emptied in place when it is recycled, and kept.

   While their object is parked they are empty and unknown to the collector, as it is. */

#ifndef POOLED_PARTS_H
#define POOLED_PARTS_H

#include "base/attrs.h"
#include "base/compat.h"
#include "containers/containers.h"
#include "containers/clear_inline.h"
#include "pool/store.h"
#include "base/gc_track.h"

/* How a part is emptied. */
typedef enum {
    PART_LIST,
    PART_DICT,
    PART_SET,
    PART_BYTEARRAY,
    PART_CONTAINER, /* another one that is emptied in C */
    PART_POOLABLE,  /* by what the pool of its class knows */
    PART_PYTHON,   /* by `keep` */
    PART_ANY,    /* of whatever class, which is found out each time */
} PartKind;

typedef struct {
    PartKind kind;
    PyTypeObject *type;         /* just this one; NULL where it is PART_ANY. A reference of ours */
    const Container *container; /* of PART_CONTAINER */
    PyObject *keep;             /* keep(value, max_cap): empty it; whether it can be kept. A reference of ours */
    PyObject *restore;          /* (name, value): an attribute that is set again after it was emptied; NULL: none. Ours */
    unsigned sparse;            /* lives that left it nearly empty, since the last that gave its room back */
} Part;

/* What becomes of a part. */
typedef enum {
    PART_KEPT,      /* it is empty, and unknown to the collector */
    PART_DROPPED,    /* a new one has to be made */
    PART_ERROR,    /* what was to empty it raised, and that has been reported */
} PartOutcome;

/* Find out how parts of `type` are emptied, of which it is told whether they are as their builtin base is, and what is
   restored then, and the rest by `keep`. Given `type` and `keep`, it has a reference to each. */
void part_init(Part *part, PyTypeObject *type, PyObject *keep, bool in_c, PyObject *restore);

/* Let go of what it has. */
void part_free(Part *part);

/* A new part: what `acquire_make` gives, called without arguments. NULL with an exception set. */
PyObject *part_make(const Part *part, PyObject *make);

/* Give a part that was kept what it has to have before it is used. False with an exception set. */
bool part_make_ready(const Part *part, PyObject *value);

/* Whether nobody can reach a part but by its object, which nobody can reach. */
static inline bool
part_is_unique(PyObject *value)
{
    return !has_weakrefs(value) && compat_is_unique_no_weakrefs(value);
}

static inline void
part_untrack(PyObject *value)
{
    if (PyObject_IS_GC(value)) {
        gc_untrack_fast(value);
    }
}

/* Whether what stands where a part is expected may be one that was kept, and so be hidden. */
static inline bool
part_may_be(const Part *part, PyObject *value)
{
    return Py_TYPE(value) == part->type || (part->kind == PART_ANY && Py_REFCNT(value) == 1);
}

/* Have the collector see a part that may be hidden, as it sees its object; some of them must not die before. */
static inline void
part_track(const Part *part, PyObject *value)
{
    switch (part->kind) {
    case PART_DICT:
        if (COMPAT_DICT_TRACKS_ITSELF) {
            return;
        }
        /* fallthrough */
    case PART_LIST:
    case PART_SET:
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

/* Empty what stands where a part is expected, of an object that nobody can reach and `store` recycles. */
PartOutcome part_keep(Part *part, PoolStore *store, PyObject *value);

/* Do that where there is nothing to empty, as is often so; else false, and nothing is done. */
static inline bool
part_keep_at_once(const Part *part, PoolStore *store, PyObject *value)
{
    if (UNLIKELY(Py_TYPE(value) != part->type || !compat_is_unique(value) || store->max_cap < SMALL_CAPACITY)) {
        return false;
    }
    switch (part->kind) {
    case PART_LIST:
        if (!list_is_clean(value)) {
            return false;
        }
        break;
    case PART_DICT:
        if (!dict_is_clean(value) || compat_dict_is_watched((PyDictObject *)value)) {
            return false;
        }
        break;
    case PART_SET:
        if (!set_is_clean(value) || has_weakrefs(value)) {
            return false;
        }
        break;
    case PART_BYTEARRAY:
        return bytearray_is_clean(value);
    default:
        return false;
    }
    gc_untrack_fast(value);
    return true;
}

#endif
