/* The hook table: the data of a class whose objects recycle themselves, found by the address of the class. */

#ifndef POOLED_HOOK_TABLE_H
#define POOLED_HOOK_TABLE_H

#include "base/attrs.h"
#include "base/compat.h"
#include "containers/containers.h"
#include "pool/overrides.h"

#define NO_VERSION UINT_MAX /* a version tag that CPython never assigns; 0 stands for a class that has none */

typedef struct Hook Hook;

/* `take(cls, ...)` of a class. NULL with an exception set. */
typedef PyObject *(*HookTake)(Hook *hook, PyObject *const *args, size_t nargsf, PyObject *names);

struct Hook {
    PyObject_HEAD
    PyTypeObject *type;         /* a strong reference */
    PyTypeObject *base;         /* its nearest base that is written in C; borrowed from the type */
    bool is_stateless;          /* whether that base is `object`, or one that adds nothing to its objects, as Generic */
    const Container *container; /* the builtin container that the class inherits from, or NULL */
    Slots slots;                /* the slots that the class adds to `base` */
    bool has_dict;              /* whether its objects have a dict */
    PoolStore *own_store;       /* the store of the class, borrowed: it has a reference to this hook. NULL: none left */
    Overrides overrides;        /* of single objects */
    allocfunc alloc;            /* tp_alloc before the class was hooked */
    newfunc new_in_c;           /* the tp_new of the nearest base whose `__new__` is written in C */
    bool counts_late;           /* whether that bypasses tp_alloc: objects that other code makes with it are counted
                                   when they end */
    PyObject *empty;            /* empties a container that C cannot empty; or NULL */
    PyObject *fits;             /* fits(object, args): whether a parked object can serve a call; NULL: always */
    PyObject *refill;           /* refill(object, *args): does what `__new__` does with arguments; or NULL */
    initproc idle_init;         /* a tp_init that does nothing to a parked object when it gets no arguments; or NULL */
    PyObject *init;             /* the function `__init__` at `init_version`, borrowed from the class */
    unsigned int init_version;  /* the version tag of the class when `init` was looked up; or NO_VERSION */
    HookTake take;              /* NULL: acquire_take.c does it */
};

typedef struct {
    PyTypeObject *type;
    Hook *hook;
} HookEntry;

/* By address, with open addressing. The number of entries is a power of two, and at most an eighth of them is in use, so
   that the first look mostly succeeds. Changed only while all other threads are stopped. */
extern HookEntry *hook_table;
extern size_t hook_mask;
extern int hook_shift; /* 64 less the number of bits of the mask */

/* The first index to look at: the upper bits of a product, which depend on all bits of the address. */
static inline size_t
hook_place(PyTypeObject *type)
{
    return (size_t)(((uint64_t)(uintptr_t)type * UINT64_C(0x9E3779B97F4A7C15)) >> hook_shift);
}

/* The hook of a class with a pool, or NULL. */
static inline Hook *
hook_of(PyTypeObject *type)
{
    for (size_t i = hook_place(type);; i = (i + 1) & hook_mask) {
        HookEntry *entry = &hook_table[i];
        if (LIKELY(entry->type == type)) {
            return entry->hook;
        }
        if (entry->type == NULL) {
            return NULL;
        }
    }
}

/* Whether no `__new__` written in Python makes the objects of the class now. */
static inline bool
hook_new_is_in_c(const Hook *hook)
{
    return hook->type->tp_new == hook->new_in_c;
}

/* Whether the class is abstract now, so that a call raises. */
static inline bool
hook_is_abstract(const Hook *hook)
{
    return hook->type->tp_flags & Py_TPFLAGS_IS_ABSTRACT;
}

/* Whether `object.__new__` makes them. */
static inline bool
hook_new_is_of_object(const Hook *hook)
{
    return hook->type->tp_new == PyBaseObject_Type.tp_new;
}

/* Insert a hook; false, without an exception, where there is no memory. With all other threads stopped. */
bool hook_table_add(Hook *hook);

/* The pool of a class ends: remove its hook from the table, so that its remaining objects are destroyed like those of
   any class. */
void hook_release_store(Hook *hook);

#endif
