/* Fields: how an object of several parts is emptied in place, and made ready again, field by field. */

#ifndef POOLED_FIELDS_H
#define POOLED_FIELDS_H

#include "base/attrs.h"
#include "base/compat.h"
#include "object/parts.h"
#include "pool/store.h"

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
    bool is_whole;      /* whether they are all there is; else they are what is to be kept, and all must be there */
    PyObject *replace;  /* replace(value): a new part like this one, or None */
    PyObject *finish;   /* finish(object, given): do what __init__ does with that, and at its end */
    bool finishes;      /* whether that has something to do for every object */
    bool only_assigns;  /* whether that does nothing but assign what is given */
    struct Fields *former; /* of those that are retired, the one before. A reference of ours */
} Fields;

/* The class Fields: Fields(cls, fields, *, is_whole, replace, finish, finishes, only_assigns), with a tuple
   (name, keyword, kind, value, cls, keep, in_c, restore) for each field. */
extern PyType_Spec fields_spec;

/* Whether parts are worth keeping: not while all that asks for objects is calls of the class, whose __init__ makes new
   ones. */
static inline bool
fields_keep(const Fields *fields, const PoolStore *store)
{
    return store->blank_calls < BLANK_CALLS || fields->parts == fields->end || !fields->is_whole;
}

/* Empty an object that nobody can reach and the collector does not see, alive or of refcount 0: RECYCLED, or why it
   cannot be kept. What was raised has been reported. */
Outcome fields_empty(Fields *fields, PoolStore *store, PyObject *self);

/* Give a blank object, or one that was emptied, its defaults and parts, and what is given: values by keywords that all
   are known. The collector, which did not see it, does now. False with an exception set. */
bool fields_make_ready(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords);

/* Have the collector see the parts of an object that these fields may have emptied: it is going to end, or to be used in
   another way. */
void fields_track_parts(Fields *fields, PyObject *self);

/* What the parts of a parked object weigh together; 0 where they cannot be found without a look-up. */
size_t fields_weigh_parts(Fields *fields, PyObject *self, const Scales *scales);

/* Whether all that is given can be assigned just so. */
bool fields_know(const Fields *fields, PyObject *keywords);

/* Whether the steps can be used. */
static inline bool
knows_steps(const Fields *fields)
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

/* Find out what can only be known when there have been objects. */
void fields_learn(Fields *fields);

/* Find where the fields of an object are. False where they are in a dict, or that is not known yet. */
static inline bool
find_bases(Fields *fields, PyObject *self, char **bases, CompatValues *values)
{
    bases[FROM_OBJECT] = (char *)self;
    bases[FROM_VALUES] = NULL;
    if (LIKELY(!fields->has_entries)) {
        return true;
    }
    if (UNLIKELY(!knows_steps(fields))) {
        fields_learn(fields);
    }
    if (UNLIKELY(!knows_steps(fields) || !compat_values(self, values) || fields->room > values->room)) {
        return false;
    }
    bases[FROM_VALUES] = (char *)values->items;
    return true;
}

/* Whether the values of an object that was emptied have no defaults: nothing was known of them then. */
static inline bool
is_left_blank(const Fields *fields, const CompatValues *values)
{
    return fields->has_entries && *values->count == 0;
}

/* Do what `fields_make_ready` does where nothing is given, if nothing has to be made for it; else false, and the object
   is hidden still. */
static inline bool
fields_make_ready_at_once(Fields *fields, PyObject *self)
{
    CompatValues values = {0};
    char *bases[BASES];
    if (UNLIKELY(fields->laters != fields->parts || !find_bases(fields, self, bases, &values)
                 || is_left_blank(fields, &values))) {
        return false;
    }
    for (const Step *step = fields->parts, *end = fields->end; step < end; step++) {
        PyObject *value = *place_of_step(step, bases);
        if (UNLIKELY(value == NULL || step->part->kind >= A_POOLABLE)) {
            return false; /* parts that are shown already do no harm */
        }
        compat_own(value);
        part_track(step->part, value);
    }
    gc_track_fast(self);
    return true;
}

#endif
