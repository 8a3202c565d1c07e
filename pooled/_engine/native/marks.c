#include "marks.h"

#include "store.h"

static size_t
place_of(const Marks *marks, const PyObject *object)
{
    uintptr_t address = (uintptr_t)object;
    return (size_t)((address >> 4) ^ (address >> 16)) & marks->mask;
}

Mark *
marks_find(const Marks *marks, PyObject *object)
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

/* Have room for one more, with a third of the slots free. */
static bool
make_room(Marks *marks)
{
    size_t size = marks->slots == NULL ? 0 : marks->mask + 1;
    if ((marks->used + 1) * 3 <= size * 2) {
        return true;
    }
    size_t larger = size == 0 ? 16 : size * 2;
    Marks grown = {PyMem_Calloc(larger, sizeof(Mark)), marks->used, larger - 1};
    if (grown.slots == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (marks->slots[i].object != NULL) {
            place(&grown, marks->slots[i]);
        }
    }
    PyMem_Free(marks->slots);
    *marks = grown;
    return true;
}

bool
marks_set(Marks *marks, PyObject *object, PoolStore *store, Verdict verdict)
{
    Mark *mark = marks_find(marks, object);
    if (mark != NULL) {
        PoolStore *former = mark->store;
        Py_INCREF(store);
        mark->store = store;
        mark->verdict = verdict;
        Py_DECREF(former); /* last: it may be the end of it, and run anything */
        return true;
    }
    if (!make_room(marks)) {
        return false;
    }
    Py_INCREF(store);
    place(marks, (Mark){object, store, verdict});
    marks->used++;
    return true;
}

Mark
marks_pop(Marks *marks, PyObject *object)
{
    Mark *mark = marks_find(marks, object);
    if (mark == NULL) {
        return (Mark){NULL, NULL, GOES_HOME};
    }
    Mark popped = *mark;
    marks->used--;
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

void
marks_clear(Marks *marks)
{
    Marks former = *marks;
    *marks = (Marks){NULL, 0, 0};
    for (size_t i = 0; former.slots != NULL && i <= former.mask; i++) {
        if (former.slots[i].object != NULL) {
            Py_DECREF(former.slots[i].store);
        }
    }
    PyMem_Free(former.slots);
}
