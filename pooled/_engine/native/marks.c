#include "marks.h"

#include "store.h"

static size_t
place_of(const Marks *marks, const PyObject *object)
{
    uintptr_t address = (uintptr_t)object;
    return (size_t)((address >> 4) ^ (address >> 16)) & marks->mask;
}

/* The slot that has the mark of `object`, or NULL. Here, and in all of these, who calls has the lock. */
static Mark *
slot_of(const Marks *marks, PyObject *object)
{
    if (marks->used == 0) {
        return NULL;
    }
    for (size_t i = place_of(marks, object);; i = (i + 1) & marks->mask) {
        Mark *mark = &marks->slots[i];
        if (mark->object == object) {
            return mark;
        }
        if (mark->object == NULL) {
            return NULL;
        }
    }
}

/* Put a mark into the first free slot of its run; there is one. */
static void
place(Marks *marks, Mark mark)
{
    size_t i = place_of(marks, mark.object);
    while (marks->slots[i].object != NULL) {
        i = (i + 1) & marks->mask;
    }
    marks->slots[i] = mark;
}

/* Have room for one more, with a third of the slots free. False, without an exception, where there is no memory. */
static bool
make_room(Marks *marks)
{
    size_t size = marks->slots == NULL ? 0 : marks->mask + 1;
    if (((size_t)marks->used + 1) * 3 <= size * 2) {
        return true;
    }
    size_t larger = size == 0 ? 16 : size * 2;
    Marks grown = {.slots = PyMem_Calloc(larger, sizeof(Mark)), .mask = larger - 1};
    if (grown.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (marks->slots[i].object != NULL) {
            place(&grown, marks->slots[i]);
        }
    }
    PyMem_Free(marks->slots);
    marks->slots = grown.slots;
    marks->mask = grown.mask;
    return true;
}

static void
change_used(Marks *marks, Py_ssize_t more)
{
#if COMPAT_FREE_THREADED
    _Py_atomic_store_ssize_relaxed(&marks->used, marks->used + more);
#else
    marks->used += more;
#endif
}

/* Take the mark out of a slot. */
static Mark
take_out(Marks *marks, Mark *mark)
{
    Mark popped = *mark;
    change_used(marks, -1);
    /* Close the gap: what stands behind it moves up, unless it stands where it belongs. */
    size_t gap = (size_t)(mark - marks->slots);
    for (size_t i = (gap + 1) & marks->mask; marks->slots[i].object != NULL; i = (i + 1) & marks->mask) {
        size_t wanted = place_of(marks, marks->slots[i].object);
        if (((i - wanted) & marks->mask) >= ((i - gap) & marks->mask)) {
            marks->slots[gap] = marks->slots[i];
            gap = i;
        }
    }
    marks->slots[gap].object = NULL;
    return popped;
}

Mark
marks_find(Marks *marks, PyObject *object)
{
    lock(&marks->lock);
    Mark *mark = slot_of(marks, object);
    Mark found = mark != NULL ? *mark : (Mark){NULL, NULL, GOES_HOME};
    unlock(&marks->lock);
    return found;
}

bool
marks_exchange(Marks *marks, PyObject *object, PoolStore *store, Verdict verdict, Mark *former)
{
    Mark new_mark = {object, (PoolStore *)Py_NewRef(store), verdict};
    bool done = true;
    *former = (Mark){NULL, NULL, GOES_HOME};
    lock(&marks->lock);
    Mark *mark = slot_of(marks, object);
    if (mark != NULL) {
        *former = *mark;
        *mark = new_mark;
    }
    else if ((done = make_room(marks))) {
        place(marks, new_mark);
        change_used(marks, 1);
    }
    unlock(&marks->lock);
    if (!done) {
        Py_DECREF(store);
        PyErr_NoMemory();
    }
    return done;
}

bool
marks_set(Marks *marks, PyObject *object, PoolStore *store, Verdict verdict)
{
    Mark former;
    bool done = marks_exchange(marks, object, store, verdict, &former);
    Py_XDECREF(former.store); /* last: it may be the end of it, and run anything */
    return done;
}

bool
marks_turn(Marks *marks, PyObject *object, Verdict from, Verdict to)
{
    lock(&marks->lock);
    Mark *mark = slot_of(marks, object);
    bool turns = mark != NULL && mark->verdict == from;
    if (turns) {
        mark->verdict = to;
    }
    unlock(&marks->lock);
    return turns;
}

Mark
marks_pop(Marks *marks, PyObject *object)
{
    lock(&marks->lock);
    Mark *mark = slot_of(marks, object);
    Mark popped = mark != NULL ? take_out(marks, mark) : (Mark){NULL, NULL, GOES_HOME};
    unlock(&marks->lock);
    return popped;
}

Mark
marks_pop_unready(Marks *marks, PyObject *object)
{
    lock(&marks->lock);
    Mark *mark = slot_of(marks, object);
    bool pops = mark != NULL && mark->verdict == UNREADY;
    Mark popped = pops ? take_out(marks, mark) : (Mark){NULL, NULL, GOES_HOME};
    unlock(&marks->lock);
    return popped;
}

void
marks_clear(Marks *marks)
{
    lock(&marks->lock);
    Marks former = *marks;
    marks->slots = NULL;
    marks->mask = 0;
    change_used(marks, -former.used);
    unlock(&marks->lock);
    for (size_t i = 0; former.slots != NULL && i <= former.mask; i++) {
        if (former.slots[i].object != NULL) {
            Py_DECREF(former.slots[i].store);
        }
    }
    PyMem_Free(former.slots);
}
