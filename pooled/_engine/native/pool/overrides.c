#include "pool/overrides.h"

#include "base/pressure.h"

static size_t
place_of(const Overrides *overrides, const PyObject *object)
{
    uintptr_t address = (uintptr_t)object;
    return (size_t)((address >> 4) ^ (address >> 16)) & overrides->mask;
}

/* The slot with the override of `object`, or NULL. The caller of this and of the functions below holds the lock. */
static Override *
slot_of(const Overrides *overrides, PyObject *object)
{
    if (overrides->used == 0) {
        return NULL;
    }
    for (size_t i = place_of(overrides, object);; i = (i + 1) & overrides->mask) {
        Override *override = &overrides->slots[i];
        if (override->object == object) {
            return override;
        }
        if (override->object == NULL) {
            return NULL;
        }
    }
}

/* Insert an override into the first free slot of its run. At least one slot is free. */
static void
place(Overrides *overrides, Override override)
{
    size_t i = place_of(overrides, override.object);
    while (overrides->slots[i].object != NULL) {
        i = (i + 1) & overrides->mask;
    }
    overrides->slots[i] = override;
}

/* Make room for one more, so that a third of the slots stays free. False, without an exception, where memory is short. */
static bool
make_room(Overrides *overrides)
{
    size_t size = overrides->slots == NULL ? 0 : overrides->mask + 1;
    if (((size_t)overrides->used + 1) * 3 <= size * 2) {
        return true;
    }
    size_t larger = size == 0 ? 16 : size * 2;
    Overrides grown = {.slots = PyMem_Calloc(larger, sizeof(Override)), .mask = larger - 1};
    if (grown.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (overrides->slots[i].object != NULL) {
            place(&grown, overrides->slots[i]);
        }
    }
    PyMem_Free(overrides->slots);
    overrides->slots = grown.slots;
    overrides->mask = grown.mask;
    return true;
}

static void
change_used(Overrides *overrides, Py_ssize_t more)
{
#if COMPAT_FREE_THREADED
    _Py_atomic_store_ssize_relaxed(&overrides->used, overrides->used + more);
#else
    overrides->used += more;
#endif
}

/* Remove and return the override in a slot. */
static Override
take_out(Overrides *overrides, Override *override)
{
    Override popped = *override;
    change_used(overrides, -1);
    /* Close the gap: an override behind it moves up, unless it is in its own place. */
    size_t gap = (size_t)(override - overrides->slots);
    for (size_t i = (gap + 1) & overrides->mask; overrides->slots[i].object != NULL; i = (i + 1) & overrides->mask) {
        size_t wanted = place_of(overrides, overrides->slots[i].object);
        if (((i - wanted) & overrides->mask) >= ((i - gap) & overrides->mask)) {
            overrides->slots[gap] = overrides->slots[i];
            gap = i;
        }
    }
    overrides->slots[gap].object = NULL;
    return popped;
}

Override
overrides_find(Overrides *overrides, PyObject *object)
{
    lock_acquire(&overrides->lock);
    Override *override = slot_of(overrides, object);
    Override found = override != NULL ? *override : (Override){NULL, NULL, RETURNS};
    lock_release(&overrides->lock);
    return found;
}

/* Insert an override, or replace that of the same object. False, without an exception, where memory is short. */
static ALWAYS_INLINE bool
exchange(Overrides *overrides, Override override, Override *former)
{
    bool done = true;
    lock_acquire(&overrides->lock);
    Override *present = slot_of(overrides, override.object);
    if (present != NULL) {
        *former = *present;
        *present = override;
    }
    else if ((done = make_room(overrides))) {
        place(overrides, override);
        change_used(overrides, 1);
    }
    lock_release(&overrides->lock);
    return done;
}

static COLD bool
exchange_again(Overrides *overrides, Override override, Override *former)
{
    pressure_give_back();
    return exchange(overrides, override, former);
}

bool
overrides_exchange(Overrides *overrides, PyObject *object, PoolStore *store, Disposition disposition, Override *former)
{
    Override override = {object, (PoolStore *)Py_NewRef(store), disposition};
    *former = (Override){NULL, NULL, RETURNS};
    bool done = LIKELY(exchange(overrides, override, former)) || exchange_again(overrides, override, former);
    if (!done) {
        Py_DECREF(store);
        PyErr_NoMemory();
    }
    return done;
}

bool
overrides_set(Overrides *overrides, PyObject *object, PoolStore *store, Disposition disposition)
{
    Override former;
    bool done = overrides_exchange(overrides, object, store, disposition, &former);
    Py_XDECREF(former.store); /* last: this may free the store, and run any code */
    return done;
}

bool
overrides_turn(Overrides *overrides, PyObject *object, Disposition from, Disposition to)
{
    lock_acquire(&overrides->lock);
    Override *override = slot_of(overrides, object);
    bool turns = override != NULL && override->disposition == from;
    if (turns) {
        override->disposition = to;
    }
    lock_release(&overrides->lock);
    return turns;
}

Override
overrides_pop(Overrides *overrides, PyObject *object)
{
    lock_acquire(&overrides->lock);
    Override *override = slot_of(overrides, object);
    Override popped = override != NULL ? take_out(overrides, override) : (Override){NULL, NULL, RETURNS};
    lock_release(&overrides->lock);
    return popped;
}

Override
overrides_pop_unready(Overrides *overrides, PyObject *object)
{
    lock_acquire(&overrides->lock);
    Override *override = slot_of(overrides, object);
    bool pops = override != NULL && override->disposition == UNREADY;
    Override popped = pops ? take_out(overrides, override) : (Override){NULL, NULL, RETURNS};
    lock_release(&overrides->lock);
    return popped;
}

void
overrides_clear(Overrides *overrides)
{
    lock_acquire(&overrides->lock);
    Overrides former = *overrides;
    overrides->slots = NULL;
    overrides->mask = 0;
    change_used(overrides, -former.used);
    lock_release(&overrides->lock);
    for (size_t i = 0; former.slots != NULL && i <= former.mask; i++) {
        if (former.slots[i].object != NULL) {
            Py_DECREF(former.slots[i].store);
        }
    }
    PyMem_Free(former.slots);
}
