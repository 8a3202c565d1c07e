/* Field plans: the fields of a class, where they are in an object, and the steps that empty an object field by
   field. */

#ifndef POOLED_PLAN_H
#define POOLED_PLAN_H

#include "base/attrs.h"
#include "base/compat.h"
#include "base/lock.h"
#include "object/parts.h"
#include "pool/store.h"

/* What a field holds while its object is parked. */
typedef enum {
    FIELD_UNSET, /* nothing */
    FIELD_PART,  /* the part that was kept; nothing if none was kept */
} FieldKind;

typedef struct {
    FieldKind kind;
    PyObject *name;    /* the attribute, interned; a strong reference */
    PyObject *make;    /* a callable that makes a part; a strong reference. NULL: unknown */
    Py_ssize_t offset; /* of its slot in an object, in bytes; 0 if it has no slot */
    int index;         /* of its name in the shared keys of the class; -1 if it has a slot, or until it is known */
    Part part;         /* how its value is emptied, if it is a FIELD_PART */
} Field;

/* One write to an object, in a slot or in a value, whose place is known. */
typedef struct {
    int base;      /* FROM_OBJECT or FROM_VALUES: what `at` counts from */
    PartKind kind; /* of the part, if the field keeps one */
    Py_ssize_t at; /* the offset of the place, in bytes */
    Field *field;  /* borrowed from the plan; NULL: a slot that is not a field */
} Step;

/* The places that a Step counts from: the object, and the array of its values. */

enum { FROM_OBJECT = 0, FROM_VALUES = 1, BASES };

enum { ORDER_SIZE = (SHARED_KEYS_MAX_SIZE + 7) / 8 * 8 }; /* of a list of set values, for compat_set_order */

/* The field plan of a class. It is constant, except for what `fields_find_indices` sets, the `sparse` counts of parts,
   and `former`. */
typedef struct Fields {
    PyObject_HEAD
    PyTypeObject *type; /* the class; a strong reference */
    Field *items;       /* in the order in which `__init__` assigns them; the plan owns the array */
    Py_ssize_t count;   /* fields in `items` */
    Slots slots;        /* all slots of the objects, whether they are fields or not */
    Step *steps;        /* the fields and other slots that are cleared; the plan owns the array */
    Step *parts;        /* in the same array, behind them: the fields that keep a part */
    Step *end;
    bool has_dict;     /* whether the objects have a dict or values */
    int entries;       /* fields that are in that dict or those values */
    unsigned searches; /* for indices, while some are unknown */
    bool knows_shared; /* whether the indices of all fields are known. Until then, a plan with entries has incomplete
                          steps, which are not used. Atomic */
    Lock lock;         /* held while the indices are looked up */
    uint64_t shared;   /* the known indices, as a set of bits */
    uint8_t part_order[ORDER_SIZE]; /* the indices of the parts, as a list of the set values */
    int part_entries;               /* of `part_order` */
    int room;              /* the largest known index plus 1: the capacity that the values of an object must have */
    Strategy strategy;     /* FIELDS: the fields are what `__init__` sets. KEEP: all fields must be kept */
    PyObject *replace;     /* replace(value): a new part like this one, or None; a strong reference */
    struct Fields *former; /* the next older of the retired plans of a store; a strong reference, or NULL */
} Fields;

/* The class Fields: Fields(cls, fields, *, strategy, replace). `fields` has a tuple (name, make, cls, keep, in_c, restore)
   for each field; it is a FIELD_PART if `keep` is not None. */
extern PyType_Spec fields_spec;

/* Whether an object is an instance of that class, of whichever module. */
bool fields_check(PyObject *object);

/* Whether the slot at this offset is a field. */
bool fields_has_slot(const Fields *fields, Py_ssize_t offset);

/* Rewrite the count and the order of the values from the fields that are set, in the order of the fields. No other
   value may be set. */
void fields_set_order(const Fields *fields, const CompatValues *values);

/* The offset of the slot that an attribute of this name is stored in, or 0 if it is not in a slot. */
Py_ssize_t fields_slot_offset(PyTypeObject *type, PyObject *name);

/* Look up the indices of the fields. CPython assigns an index when an object first sets the attribute, so the first
   calls can find too few. */
void fields_find_indices(Fields *fields);

/* Whether the place of a field is known. */
static inline bool
has_place(const Field *field)
{
    return field->offset != 0 || field->index >= 0;
}

/* Whether the steps of a plan with entries are complete. */
static inline bool
fields_steps_usable(const Fields *fields)
{
#if COMPAT_FREE_THREADED
    return _Py_atomic_load_uint8((const uint8_t *)&fields->knows_shared);
#else
    return fields->knows_shared;
#endif
}

/* The place that a step writes. */
static inline PyObject **
place_of_step(const Step *step, char *const *bases)
{
    return (PyObject **)(bases[step->base] + step->at);
}

/* Set `bases` to the places that steps count from, and `*values` if there are entries. False if the object has a dict,
   too few values, or fields whose index is unknown; then fields are accessed by name (fields_slow.h). */
static inline bool
fields_find_bases(Fields *fields, PyObject *self, char **bases, CompatValues *values)
{
    bases[FROM_OBJECT] = (char *)self;
    bases[FROM_VALUES] = NULL;
    if (LIKELY(fields->entries == 0)) {
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
