/* Hooks: what is known of a class whose objects recycle themselves, and how to find it from its address. */

#ifndef POOLED_HOOK_H
#define POOLED_HOOK_H

#include "attributes.h"
#include "compat.h"
#include "containers.h"
#include "marks.h"

typedef struct {
    PyObject_HEAD
    PyTypeObject *type;
    PyTypeObject *base;         /* its nearest base that was not written in Python; the type keeps it */
    const Container *container; /* what it inherits from, or NULL */
    Slots slots;
    bool has_dict;
    PoolStore *home;       /* the pool of the class. Not referenced: it has a reference to this */
    Marks marks;       /* of single objects */
    allocfunc alloc;   /* as before it was hooked */
    PyObject *new_own; /* what stands in the class's dict as __new__ since it was hooked */
    bool is_plain;      /* whether nobody but the base in C has a __new__ */
    PyObject *allocate; /* does what __new__ did before: allocate(hooked, cls, args, kwargs) */
    PyObject *empty;    /* empties the container where that is done in Python, or NULL */
    PyObject *fits;     /* whether a parked object can serve a call: fits(object, args), or NULL */
    PyObject *refill;   /* does what __new__ does: refill(object, *args), or NULL */
    PyObject *init;     /* what `__init__` was at `init_version`; not referenced */
    unsigned int init_version;
    unsigned int new_version; /* of the class, when `__new__` was seen to be our own */
} Hook;

typedef struct {
    PyTypeObject *type;
    Hook *hook;
} HookEntry;

/* By address: open addressing, a power of two of entries. */
extern HookEntry *hook_table;
extern size_t hook_mask;

static inline Hook *
hook_of(PyTypeObject *type)
{
    uintptr_t address = (uintptr_t)type;
    for (size_t i = (address >> 4) ^ (address >> 12);; i++) {
        HookEntry *entry = &hook_table[i & hook_mask];
        if (LIKELY(entry->type == type)) {
            return entry->hook;
        }
        if (entry->type == NULL) {
            return NULL;
        }
    }
}

/* The class Hook: Hook(cls, allocate, *, is_plain, empty, fits, refill). */
extern PyType_Spec hook_spec;

/* Route construction and last drop of the hook's class through `home` from now on. `new_own` is in its dict. */
void hook_install(Hook *hook, PoolStore *home, PyObject *new_own);

/* Its pool ends: what is left of its objects dies as if there had never been one. */
void hook_release_home(Hook *hook);

#endif
