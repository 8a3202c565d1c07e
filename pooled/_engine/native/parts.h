/* Parts: containers that an object has for itself, emptied in place when it is recycled, and kept.

   While their object is parked they are empty and unknown to the collector, as it is. */

#ifndef POOLED_PARTS_H
#define POOLED_PARTS_H

#include "compat.h"
#include "containers.h"
#include "drop.h"
#include "emptying.h"
#include "store.h"

/* How a part is emptied. */
typedef enum {
    A_LIST,
    A_DICT,
    A_SET,
    A_BYTEARRAY,
    A_CONTAINER, /* another one that is emptied in C */
    A_POOLABLE,  /* by what the pool of its class knows */
    BY_PYTHON,   /* by `keep` */
    ANYTHING,    /* of whatever class, which is found out each time */
} PartKind;

typedef struct {
    PartKind kind;
    PyTypeObject *type;         /* just this one; NULL where it is ANYTHING. A reference of ours */
    const Container *container; /* of A_CONTAINER */
    PyObject *keep;             /* keep(value, max_cap): empty it; whether it can be kept. A reference of ours */
    unsigned sparse;            /* lives that left it nearly empty, since the last that gave its room back */
} Part;

/* What becomes of a part. */
typedef enum {
    KEPT,      /* it is empty, and unknown to the collector */
    LET_GO,    /* a new one has to be made */
    BROKEN,    /* what was to empty it raised, and that has been reported */
} PartFate;

/* Find out how parts of `type` are emptied; `keep` where it is not known. */
void part_learn(Part *part, PyTypeObject *type, PyObject *keep);

/* The ways that are not the most common. */
PartFate part_keep_otherwise(Part *part, PoolStore *store, PyObject *value);

/* A new part: what `make` gives, called without arguments. NULL with an exception set. */
PyObject *part_make(const Part *part, PyObject *make);

/* Make a part that was kept ready for use. False with an exception set. */
bool part_make_ready(const Part *part, PyObject *value);

/* Whether nobody can reach a part but by its object, which nobody can reach. */
static inline bool
is_alone(PyObject *value)
{
    return Py_REFCNT(value) == 1 && !has_weakrefs(value);
}

static inline void
part_hide(PyObject *value)
{
    if (PyObject_IS_GC(value)) {
        compat_untrack(value);
    }
}

/* Empty what stands where a part is expected, of an object that nobody can reach and `store` recycles. */
static inline PartFate
part_keep(Part *part, PoolStore *store, PyObject *value)
{
    if (UNLIKELY(Py_TYPE(value) != part->type || Py_REFCNT(value) != 1)) {
        return part->kind == ANYTHING ? part_keep_otherwise(part, store, value) : LET_GO;
    }
    Py_ssize_t cap = store->max_cap;
    bool is_kept;
    switch (part->kind) { /* before it is emptied it is hidden, so that nobody sees it half empty */
    case A_LIST:
        compat_untrack(value);
        is_kept = !list_is_above(value, cap) && (list_is_clean(value) || list_empty(value, &part->sparse));
        break;
    case A_DICT:
        compat_untrack(value);
        is_kept = !dict_is_above(value, cap) && !compat_dict_is_watched((PyDictObject *)value)
                  && (dict_is_clean(value) || dict_empty(value, &part->sparse));
        break;
    case A_SET:
        if (UNLIKELY(has_weakrefs(value))) {
            return LET_GO;
        }
        compat_untrack(value);
        is_kept = !set_is_above(value, cap) && (set_is_clean(value) || set_empty(value, &part->sparse));
        break;
    case A_BYTEARRAY:
        is_kept = !bytearray_is_above(value, cap) && (bytearray_is_clean(value) || bytearray_empty(value, &part->sparse));
        break;
    default:
        return part_keep_otherwise(part, store, value);
    }
    return is_kept ? KEPT : LET_GO;
}

#endif
