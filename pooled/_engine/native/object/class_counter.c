#include "object/class_counter.h"

#include "base/interp.h"
#include "object/address_table.h"

enum {
    LAST_MASK = 63,          /* the sparsest sample is one object in LAST_MASK + 1 */
    OBJECTS_PER_STEP = 1000, /* after this many samples of a density, the next one is half as dense */
    MAX_PLACES = 1000,       /* places that a counter tells apart; it counts no objects for further ones */
};

/* Static, because the functions in slots have no module to look them up in. `lock` protects them. */
static AddressTable counters, samples;
static Lock lock;

static PyObject *excluded_name; /* "excluded", interned; set when the first counter starts */
static int64_t sampling;        /* the time that sampling has taken */
static THREAD_LOCAL bool is_collecting;
static THREAD_LOCAL PyObject *newest; /* the sampled object that was created last, borrowed; it may have died */

/* ---- numbers, with the lock held ---- */

static inline Py_ssize_t
larger_of(Py_ssize_t a, Py_ssize_t b)
{
    return a > b ? a : b;
}

static void
count_death(Entry *entry)
{
    Entry sample = *entry;
    ClassCounter *counter = sample.counter;
    address_table_remove(&samples, entry);
    counter->alive -= sample.weight;
    counter->dropped += sample.weight;
    counter->lived += (double)(compat_clock() - sample.created) * (double)sample.weight;
    counter->elsewhere += sample.thread != PyThread_get_thread_ident() ? sample.weight : 0;
    counter->collected += is_collecting ? sample.weight : 0;
}

/* Count `count` objects for a place. NULL is no place. */
static void
count_place(ClassCounter *counter, PyObject *file, int line, Py_ssize_t count)
{
    Place *place = counter->places;
    Place *end = place + counter->place_count;
    while (place != end && (place->file != file || place->line != line)) {
        place++;
    }
    if (place == end) {
        if (file == NULL || counter->place_count == MAX_PLACES) {
            return;
        }
        Place *more = PyMem_RawRealloc(counter->places, sizeof(Place) * (size_t)(counter->place_count + 1));
        if (more == NULL) {
            return;
        }
        counter->places = more;
        place = &more[counter->place_count++];
        *place = (Place){Py_NewRef(file), line, 0};
    }
    place->count += count;
}

static void
count_sample(ClassCounter *counter, PyObject *self)
{
    Entry *stale = address_table_find(&samples, self);
    if (stale != NULL) {
        count_death(stale); /* it died unnoticed: its class was changed, for example */
    }
    Py_ssize_t weight = counter->mask + 1;
    if (counter->mask < LAST_MASK && counter->counted >= OBJECTS_PER_STEP * weight) {
        counter->mask = counter->mask * 2 + 1;
    }
    if (!address_table_add(&samples, (Entry){self, counter, weight, compat_clock(), PyThread_get_thread_ident()})) {
        return;
    }
    counter->alive += weight;
    Py_ssize_t now = counter->alive - weight + 1; /* the object itself, not the ones that it stands for */
    counter->at_peak += larger_of(now - counter->peak, 0);
    counter->peak = larger_of(counter->peak, now);
}

/* ---- places ---- */

static bool
is_skipped(PyObject *skipped, PyObject *file)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(skipped); i++) {
        if (PyUnicode_Tailmatch(file, PyTuple_GET_ITEM(skipped, i), 0, PY_SSIZE_T_MAX, -1) > 0) {
            return true;
        }
    }
    return false;
}

/* The file of the innermost code of the program that this thread runs, a new reference, and the line. NULL, without an
   exception, if there is none: C code may start a thread by calling a class. */
static PyObject *
find_place(PyObject *skipped, int *line)
{
    PyObject *found = NULL;
    PyFrameObject *frame = (PyFrameObject *)Py_XNewRef((PyObject *)PyEval_GetFrame());
    while (frame != NULL && found == NULL) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        PyObject *file = code->co_filename;
        if (PyUnicode_CheckExact(file) && !is_skipped(skipped, file)) {
            found = Py_NewRef(file);
            *line = PyFrame_GetLineNumber(frame);
        }
        Py_DECREF(code);
        PyFrameObject *outer = found == NULL ? PyFrame_GetBack(frame) : NULL;
        Py_DECREF(frame);
        frame = outer;
    }
    PyErr_Clear();
    return found;
}

/* ---- slots ---- */

/* The time in nanoseconds until now that the program's own code did not take. */
static int64_t
excluded(ClassCounter *counter)
{
    PyObject *value = PyObject_GetAttr(counter->clock, excluded_name);
    double seconds = value == NULL ? 0.0 : PyFloat_AsDouble(value);
    Py_XDECREF(value);
    PyErr_Clear();
    return sampling + (int64_t)(seconds * 1e9);
}

/* The counter of a class, a new reference, or NULL. */
static ClassCounter *
counter_of(PyTypeObject *type)
{
    lock_acquire(&lock);
    Entry *entry = address_table_find(&counters, type);
    ClassCounter *counter = entry == NULL ? NULL : (ClassCounter *)Py_NewRef((PyObject *)entry->counter);
    lock_release(&lock);
    return counter;
}

/* The counter of the class of an object that was created last and sampled, a new reference; NULL for all others. */
static inline ClassCounter *
counter_of_newest(PyObject *self)
{
    if (LIKELY(self != newest)) {
        return NULL;
    }
    newest = NULL;
    return counter_of(Py_TYPE(self));
}

/* Call a tp_init on a sampled object, and add the time that it takes. Releases the reference to the counter. */
static COLD int
time_init(ClassCounter *counter, initproc init, PyObject *self, PyObject *args, PyObject *kwargs)
{
    int64_t others = excluded(counter), began = compat_clock();
    int result = init(self, args, kwargs);
    int64_t ended = compat_clock();
    if (result == 0) {
        int64_t spent = ended - began - (excluded(counter) - others);
        lock_acquire(&lock);
        counter->making += spent > 0 ? spent : 0;
        lock_release(&lock);
    }
    Py_DECREF(counter);
    return result;
}

/* The tp_init of a counted class with an `__init__` in Python. */
static int
init_in_python(PyObject *self, PyObject *args, PyObject *kwargs)
{
    ClassCounter *counter = counter_of_newest(self);
    return LIKELY(counter == NULL) ? interp.python_init(self, args, kwargs)
                                   : time_init(counter, interp.python_init, self, args, kwargs);
}

static int init_in_c(PyObject *self, PyObject *args, PyObject *kwargs);

/* The tp_init of a class whose `__init__` is that of a base in C. */
static initproc
init_of_base(PyTypeObject *type)
{
    do {
        type = type->tp_base;
    } while (type->tp_init == init_in_c);
    return type->tp_init;
}

/* The tp_init of a counted class whose `__init__` is that of a base in C. */
static int
init_in_c(PyObject *self, PyObject *args, PyObject *kwargs)
{
    initproc init = init_of_base(Py_TYPE(self));
    ClassCounter *counter = counter_of_newest(self);
    return LIKELY(counter == NULL) ? init(self, args, kwargs) : time_init(counter, init, self, args, kwargs);
}

static inline void
notice_end(PyObject *self)
{
    lock_acquire(&lock);
    Entry *sample = address_table_find(&samples, self);
    if (UNLIKELY(sample != NULL)) {
        count_death(sample);
    }
    lock_release(&lock);
}

/* The tp_finalize of a counted class without a finalizer. */
static void
finalize_nothing(PyObject *self)
{
    notice_end(self);
}

/* The tp_finalize of a counted class with a `__del__`. */
static void
finalize_in_python(PyObject *self)
{
    notice_end(self);
    interp.python_finalize(self);
}

static PyObject *count_alloc(PyTypeObject *type, Py_ssize_t items);

/* Put our functions into the slots of a class. With all other threads stopped. */
static void
fill_slots(void *argument)
{
    PyTypeObject *type = argument;
    type->tp_alloc = count_alloc;
    if (type->tp_init == interp.python_init) {
        type->tp_init = init_in_python;
    }
    else if (type->tp_init != PyBaseObject_Type.tp_init && type->tp_init == init_of_base(type)) {
        type->tp_init = init_in_c;
    }
    if (type->tp_finalize == NULL) {
        type->tp_finalize = finalize_nothing;
    }
    else if (type->tp_finalize == interp.python_finalize) {
        type->tp_finalize = finalize_in_python;
    }
}

/* Whether CPython has changed a slot of a counted class, because the program has set `__init__` or `__del__`. */
static inline bool
has_other_slots(PyTypeObject *type)
{
    return type->tp_finalize == NULL || type->tp_finalize == interp.python_finalize
           || type->tp_init == interp.python_init;
}

/* Restore the slots of a class. With all other threads stopped. */
static void
restore_slots(void *argument)
{
    PyTypeObject *type = argument;
    if (type->tp_alloc == count_alloc) {
        type->tp_alloc = PyType_GenericAlloc;
    }
    if (type->tp_init == init_in_python) {
        type->tp_init = interp.python_init;
    }
    else if (type->tp_init == init_in_c) {
        type->tp_init = init_of_base(type);
    }
    if (type->tp_finalize == finalize_nothing) {
        type->tp_finalize = NULL;
    }
    else if (type->tp_finalize == finalize_in_python) {
        type->tp_finalize = interp.python_finalize;
    }
}

/* Create an object that becomes a sample. Releases the reference to the counter. */
static COLD PyObject *
alloc_sample(ClassCounter *counter, PyTypeObject *type, Py_ssize_t items)
{
    int64_t others = excluded(counter), began = compat_clock();
    PyObject *self = PyType_GenericAlloc(type, items);
    int64_t ended = compat_clock();
    if (self != NULL) {
        /* Its tp_new has not filled it in yet, and find_place creates frame objects, which may start a collection. */
        bool is_tracked = PyType_IS_GC(type) && PyObject_GC_IsTracked(self);
        if (is_tracked) {
            PyObject_GC_UnTrack(self);
        }
        int64_t spent = ended - began - (excluded(counter) - others);
        int line = 0;
        PyObject *file = find_place(counter->skipped, &line);
        if (has_other_slots(type)) {
            lock_run_exclusive(fill_slots, type);
        }
        lock_acquire(&lock);
        if (counter->is_counting) {
            count_place(counter, file, line, counter->mask + 1);
            count_sample(counter, self);
            counter->making += spent > 0 ? spent : 0;
            counter->timed++;
        }
        lock_release(&lock);
        Py_XDECREF(file);
        newest = self;
        if (is_tracked) {
            PyObject_GC_Track(self);
        }
        sampling += compat_clock() - ended;
    }
    Py_DECREF(counter);
    return self;
}

/* The tp_alloc of a counted class. */
static PyObject *
count_alloc(PyTypeObject *type, Py_ssize_t items)
{
    ClassCounter *counter = NULL;
    lock_acquire(&lock);
    Entry *entry = address_table_find(&counters, type);
    if (LIKELY(entry != NULL) && (++entry->counter->counted & entry->counter->mask) == 0) {
        counter = (ClassCounter *)Py_NewRef((PyObject *)entry->counter);
    }
    lock_release(&lock);
    return LIKELY(counter == NULL) ? PyType_GenericAlloc(type, items) : alloc_sample(counter, type, items);
}

/* ---- counters ---- */

bool
class_counter_is_possible(PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) && !(type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE)
           && !PyType_IsSubtype(type, &PyType_Type) && type->tp_dealloc == interp.subtype_dealloc
           && type->tp_alloc == PyType_GenericAlloc
           && (type->tp_finalize == NULL || type->tp_finalize == interp.python_finalize);
}

bool
class_counter_start(ClassCounter *counter)
{
    if (excluded_name == NULL && (excluded_name = PyUnicode_InternFromString("excluded")) == NULL) {
        return false;
    }
    lock_acquire(&lock);
    counter->is_counting = address_table_add(&counters, (Entry){.key = counter->type, .counter = counter});
    lock_release(&lock);
    if (!counter->is_counting) {
        PyErr_NoMemory();
        return false;
    }
    lock_run_exclusive(fill_slots, counter->type);
    PyType_Modified(counter->type); /* the interpreter may have specialised calls of the class */
    return true;
}

void
class_counter_stop(ClassCounter *counter)
{
    lock_acquire(&lock);
    bool was_counting = counter->is_counting;
    counter->is_counting = false;
    if (was_counting) {
        address_table_remove(&counters, address_table_find(&counters, counter->type));
        address_table_remove_all(&samples, counter);
    }
    lock_release(&lock);
    if (was_counting) {
        lock_run_exclusive(restore_slots, counter->type);
        PyType_Modified(counter->type);
    }
}

void
class_counter_stop_type(PyTypeObject *type)
{
    ClassCounter *counter = counter_of(type);
    if (counter != NULL) {
        class_counter_stop(counter);
        Py_DECREF(counter);
    }
}

/* The places stay, but without objects. With the lock held. */
static void
forget_numbers(ClassCounter *counter)
{
    counter->counted = counter->mask = 0;
    counter->alive = counter->peak = counter->at_peak = 0;
    counter->dropped = counter->elsewhere = counter->collected = 0;
    counter->timed = 0;
    counter->making = 0;
    counter->lived = 0.0;
    for (Py_ssize_t i = 0; i < counter->place_count; i++) {
        counter->places[i].count = 0;
    }
}

void
class_counter_set_collecting(bool collects)
{
    is_collecting = collects;
}

void
class_counter_restart_all(void)
{
    lock_acquire(&lock);
    PyMem_RawFree(samples.entries);
    samples = (AddressTable){NULL, 0, 0};
    for (size_t i = 0; counters.count != 0 && i < (size_t)1 << counters.bits; i++) {
        if (counters.entries[i].key != NULL) {
            forget_numbers(counters.entries[i].counter);
        }
    }
    lock_release(&lock);
}
