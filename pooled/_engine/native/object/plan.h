/* Plans: what is known of the fields of a class, and the steps that empty an object field by field. */

#ifndef POOLED_PLAN_H
#define POOLED_PLAN_H

#include "base/attrs.h"
#include "base/compat.h"
#include "base/lock.h"
#include "object/parts.h"
#include "pool/store.h"

/* What a field is when an object is parked, and when it is taken. */
typedef enum {
    FIELD_UNSET,         /* not set */
    FIELD_DEFAULT,       /* always set to `value` */
    FIELD_PART,       /* a part that was kept; or when it is taken, what `value` makes */
    FIELD_DEFAULT_LATER, /* set to `value` when it is taken: the collector is to know of all that refer to that */
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

/* One thing that is done to an object, in a slot or among its values, whose place is known. */
typedef struct {
    int base;      /* FROM_OBJECT or FROM_VALUES */
    Py_ssize_t at; /* bytes from there */
    union {
        PyObject *value; /* of a default */
        Part *part;
    };
    Field *field; /* NULL: it is no field */
} Step;

enum { FROM_OBJECT, FROM_VALUES, BASES };

/* What `take` has to do beyond the defaults, for what it is given and at the end of `__init__`. */
typedef enum {
    COMPLETION_ASSIGNS,  /* assign what is given */
    COMPLETION_CONVERTS, /* call `finish` where something is given: there are converters, validators or descriptors */
    COMPLETION_ALWAYS,   /* call `finish` each time: there is a `__post_init__` */
} Completion;

typedef struct Fields {
    PyObject_HEAD
    PyTypeObject *type;
    Field *items; /* in the order in which __init__ assigns them */
    Py_ssize_t count;
    Slots slots;        /* all that the objects have, fields or not */
    Step *steps;        /* first those that are always set to their default, */
    Step *unsets;       /* then those that are not set, */
    Step *laters;       /* those that are set when an object is taken, */
    Step *parts;        /* and the parts. */
    Step *end;
    bool has_dict;      /* whether the objects have one */
    bool has_entries;   /* whether fields are in it */
    bool knows_shared;  /* whether the indices of all that are filled are known; before, nobody uses the steps */
    Lock lock;          /* of who finds them out */
    uint64_t shared;    /* the indices that are known, as bits */
    int room;           /* more than the largest of them */
    Strategy strategy;  /* FIELDS: the fields are all there is; KEEP: they are what is kept, and all must be there */
    PyObject *replace;  /* replace(value): a new part like this one, or None */
    PyObject *finish;   /* finish(object, given): do what __init__ does with that, and at its end */
    Completion completion;
    struct Fields *former; /* of those that are retired, the one before. A reference of ours */
} Fields;

/* The class Fields: Fields(cls, fields, *, strategy, replace, finish, completion), with a tuple (name, keyword, kind, value,
   cls, keep, in_c, restore) for each field. */
extern PyType_Spec fields_spec;

/* The field that is given by a keyword, or NULL. */
Field *fields_find_keyword(const Fields *fields, PyObject *keyword);

/* Whether all that is given can be assigned as it is. */
bool fields_have_keywords(const Fields *fields, PyObject *keywords);

/* Whether a slot is that of a field. */
bool fields_has_slot(const Fields *fields, Py_ssize_t offset);

/* Make the values say which of them are set, in the order of the fields; no others are set. */
void fields_set_order(const Fields *fields, const CompatValues *values);

/* Find out what can be known only after the class has had objects. */
void fields_find_indices(Fields *fields);

/* Whether the place of a field is known. */
static inline bool
has_place(const Field *field)
{
    return field->offset != 0 || field->index >= 0;
}

/* Whether the steps can be used. */
static inline bool
fields_steps_usable(const Fields *fields)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_uint8((const uint8_t *)&fields->knows_shared);
#else
    return fields->knows_shared;
#endif
}

static inline PyObject **
place_of_step(const Step *step, char *const *bases)
{
    return (PyObject **)(bases[step->base] + step->at);
}

/* Find where the fields of an object are. False where they are in a dict, or that is not known yet. */
static inline bool
fields_find_bases(Fields *fields, PyObject *self, char **bases, CompatValues *values)
{
    bases[FROM_OBJECT] = (char *)self;
    bases[FROM_VALUES] = NULL;
    if (LIKELY(!fields->has_entries)) {
        return true;
    }
    if (UNLIKELY(!fields_steps_usable(fields))) {
        fields_find_indices(fields);
    }
    if (UNLIKELY(!fields_steps_usable(fields) || !compat_values(self, values) || fields->room > values->room)) {
        return false;
    }
    bases[FROM_VALUES] = (char *)values->items;
    return true;
}

#endif
