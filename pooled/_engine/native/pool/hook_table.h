/* Hooks: what is known of a class whose objects recycle themselves, and how to find it from its address. */

#ifndef POOLED_HOOK_TABLE_H
#define POOLED_HOOK_TABLE_H

#include "base/attrs.h"
#include "base/compat.h"
#include "containers/containers.h"
#include "pool/overrides.h"

#define NO_VERSION UINT_MAX /* of a class: what Python never gives, while 0 is one that was just changed */

typedef struct {
    PyObject_HEAD
    PyTypeObject *type;         /* a reference of ours */
    PyTypeObject *base;         /* its nearest base that is written in C; borrowed from the type */
    const Container *container; /* what it inherits from, or NULL */
    Slots slots;
    bool has_dict;
    PoolStore *own_store; /* the store of the class, borrowed: the store has a reference to this hook */
    Overrides overrides;       /* of single objects */
    allocfunc alloc;   /* as before it was hooked */
    PyObject *new_own; /* what stands in the class's dict as __new__ since it was hooked */
    bool is_plain;      /* whether nobody but a base in C has a __new__ */
    newfunc new_in_c;   /* that */
    PyObject *allocate; /* does what __new__ did before: allocate(hooked, cls, args, kwargs) */
    PyObject *empty;    /* empties the container where that is done in Python, or NULL */
    PyObject *fits;     /* whether a parked object can serve a call: fits(object, args), or NULL */
    PyObject *refill;   /* does what __new__ does: refill(object, *args), or NULL */
    initproc idle_init; /* the tp_init that has nothing to do where it is given nothing; NULL: always something */
    PyObject *init;     /* what `__init__` was at `init_version`: a function. Not referenced */
    unsigned int init_version;
    unsigned int new_version; /* of the class, when `__new__` was seen to be our own; or NO_VERSION */
} Hook;

typedef struct {
    PyTypeObject *type;
    Hook *hook;
} HookEntry;

/* By address: open addressing, a power of two of entries, at most an eighth of them taken: the first one looked at is
   most often the right one. Changed while all other threads are stopped. */
extern HookEntry *hook_table;
extern size_t hook_mask;
extern int hook_shift; /* 64 less the number of bits of the mask */

/* Where to begin to look: the upper bits of a product to which all bits of the address add. */
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

/* Insert a hook; false, without an exception, where there is no memory. With all other threads stopped. */
bool hook_table_add(Hook *hook);

/* The pool of a class ends: remove its hook from the table, so that the remaining objects die as those of any class. */
void hook_release_store(Hook *hook);

#endif
