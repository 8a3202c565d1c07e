/* Fields: how an object of several parts is emptied in place, and made ready again, field by field. */

#ifndef POOLED_FIELDS_H
#define POOLED_FIELDS_H

#include "attributes.h"
#include "compat.h"
#include "parts.h"
#include "store.h"

/* What a field is when an object is parked, and when it is taken. */
typedef enum {
    UNSET,         /* not set */
    DEFAULT,       /* always set to `value` */
    IS_PART,       /* a part that was kept; or when it is taken, what `value` makes */
    DEFAULT_LATER, /* set to `value` when it is taken: the collector is to know of all that refer to that */
} FieldKind;

typedef struct {
    FieldKind kind;
    PyObject *name;    /* interned */
    PyObject *keyword; /* by which it can be given, interned; or NULL */
    PyObject *value;   /* the default, or what makes one; NULL: neither is known */
    Py_ssize_t offset; /* of its slot; 0 where it has none */
    int index;         /* among the keys that the objects of the class share; -1 where that is not known yet */
    Part part;
} Field;

typedef struct Fields {
    PyObject_HEAD
    PyTypeObject *type;
    Field *items; /* in the order in which __init__ assigns them */
    Py_ssize_t count;
    Field **late; /* those that have something done when a parked object is taken */
    Py_ssize_t late_count;
    Slots others;      /* the slots that are no fields */
    bool has_dict;     /* whether objects have one */
    bool has_entries;  /* whether fields are in it */
    bool knows_shared; /* whether the indices of all that are filled are known */
    uint64_t shared;   /* the indices that are known, as bits */
    int room;          /* more than the largest of them */
    bool is_whole;     /* whether they are all there is; else they are what is to be kept, and all must be there */
    PyObject *replace; /* replace(value): a new part like this one, or None */
    PyObject *finish;  /* finish(object, given): do what __init__ does with that, and at its end */
    bool finishes;     /* whether that has something to do for every object */
    bool only_assigns; /* whether that does nothing but assign what is given */
} Fields;

/* The class Fields: Fields(cls, fields, *, is_whole, replace, finish, finishes, only_assigns), with a tuple
   (name, keyword, kind, value, cls, keep) for each field. */
extern PyType_Spec fields_spec;

/* Empty an object that nobody can reach and the collector does not see, alive or of refcount 0: RECYCLED, or why it
   cannot be kept. What was raised has been reported. */
Fate fields_empty(Fields *fields, PoolStore *store, PyObject *self);

/* Give a blank object, or one that was emptied, its defaults and parts, and what is given: values by keywords that all
   are known. The collector must not see it yet. False with an exception set. */
bool fields_make_ready(Fields *fields, PyObject *self, bool is_blank, PyObject *const *given, PyObject *keywords);

/* Whether all that is given can be assigned just so. */
bool fields_know(const Fields *fields, PyObject *keywords);

#endif
