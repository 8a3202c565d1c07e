#include "drop.h"

#include "asking.h"
#include "attributes.h"
#include "dying.h"
#include "emptying.h"
#include "fields.h"
#include "tracking.h"
#include "watching.h"

/* ---- parking ---- */

/* Put an object of refcount 0 on the shelf, and count `fate`; the reference to its class goes, so that the class can be
   collected. */
static inline Fate
park(PoolStore *store, PyObject *self, Fate fate)
{
    Shelf *shelf = store_shelf(store); /* anew: what ran since the last look may have changed it */
    PyTypeObject *type = Py_TYPE(self);
    if (UNLIKELY(shelf == NULL || !store_put(store, shelf, self, fate))) {
        return DISCARDED_FULL;
    }
    Py_DECREF(type); /* the hook has another */
    return RECYCLED;
}

static inline bool
is_too_large(PoolStore *store, PyObject *self)
{
    const Container *container = store->hook->container;
    return store->measures && container->is_above(container, self, store->max_cap);
}

/* ---- emptying, with the help of functions in Python ---- */

/* Whether an object that `store` empties was detached, or assigned to another pool, since it was marked for that. */
static bool
has_moved(PoolStore *store, PyObject *self)
{
    PoolStore *home = store->hook->home;
    if (home == NULL) {
        return false; /* the class's own pool has ended meanwhile, and with it all that was marked */
    }
    Mark mark = marks_find(&store->hook->marks, self);
    return store == home ? mark.object != NULL : mark.store != store || mark.verdict != GOES_HOME;
}

/* An object that its reset or capacity gave to somebody stays alive, and is no longer ours. Say what it counts as; or
   that nobody has it any more, with *alive unset. */
static COLD Fate
let_go(PoolStore *store, PyObject *self, Fate fate, bool *alive)
{
    Hook *hook = store->hook;
    Fate counts = fate == DISCARDED_ERROR ? fate : ESCAPED;
    bool marked = false;
    if (has_moved(store, self)) {
        counts = COUNTED_ALREADY;
    }
    else {
        marked = marks_set(&hook->marks, self, store, UNCOUNTED);
        if (!marked) {
            PyErr_Clear(); /* it will be counted a second time */
        }
    }
    show(self);
    compat_stay(self);
    *alive = !compat_let_go(self);
    if (*alive) {
        return counts; /* from here on, others may end it */
    }
    hide(self);
    if (marked && store != hook->home) {
        marks_turn(&hook->marks, self, UNCOUNTED, GOES_HOME);
    }
    else if (marked) {
        Py_XDECREF(marks_pop(&hook->marks, self).store);
    }
    return fate;
}

/* Have an object of refcount 0 alive while functions in Python empty or measure it. With *alive set, it stays so. */
static Fate
empty_living(PoolStore *store, PyObject *self, bool *alive)
{
    PyObject *pending = compat_take_exception();
    compat_come_alive(self);
    Fate fate = store->reset != NULL ? empty_by_reset(store, self) : empty_in_python(store, self);
    *alive = !compat_is_alone(self);
    if (*alive) {
        fate = let_go(store, self, fate, alive);
    }
    else {
        hide(self); /* a dict tracks itself when something is put in */
        compat_let_go(self);
    }
    compat_put_exception(pending);
    return fate;
}

/* The same, marked as one of `store` meanwhile; COUNTED_ALREADY where that is no longer so. */
static COLD Fate
empty_alive(PoolStore *store, PyObject *self, bool *alive)
{
    Hook *hook = store->hook;
    bool is_home = store == hook->home;
    if (!is_home && !marks_set(&hook->marks, self, store, GOES_HOME)) {
        PyErr_Clear();
        return DISCARDED_ERROR;
    }
    Fate fate = empty_living(store, self, alive);
    if (*alive) {
        return fate;
    }
    if (has_moved(store, self)) {
        return COUNTED_ALREADY;
    }
    if (!is_home) {
        Py_XDECREF(marks_pop(&hook->marks, self).store);
    }
    return fate;
}

/* ---- emptying, all in C ---- */

static inline Fate
empty_each_field(PoolStore *store, PyObject *self)
{
    Fields *fields = store->fields;
    const Container *container = store->hook->container;
    if (UNLIKELY(container != NULL && !container->empty(container, self, &store->sparse))) {
        return DISCARDED_ERROR;
    }
    Fate fate = fields_empty(fields, store, self);
    if (UNLIKELY(fate == RECYCLED && store->fields != fields)) {
        fate = DISCARDED_REFUSED; /* meanwhile its class was planned anew */
    }
    if (UNLIKELY(fate != RECYCLED)) {
        fields_show_parts(fields, self);
    }
    return fate;
}

Fate
empty_by_fields(PoolStore *store, PyObject *self)
{
    return empty_each_field(store, self);
}

Fate
scrub(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    if (hook->container != NULL && UNLIKELY(!hook->container->empty(hook->container, self, &store->sparse))) {
        return DISCARDED_ERROR;
    }
    slots_empty(&hook->slots, self);
    if (hook->has_dict) {
        attributes_empty(self);
    }
    return RECYCLED;
}

/* Empty an object of refcount 0, untracked, and park it if it can be kept; say what becomes of it. With *alive set it
   is no longer ours; else, if it is not parked, the caller has to end it. */
static inline Fate
recycle(PoolStore *store, PyObject *self, bool *alive)
{
    if (UNLIKELY(compat_is_finalized(self))) {
        return COLLECTED; /* its __del__ has run, or others in its cycle may reach it yet */
    }
    Shelf *shelf = store_shelf(store);
    if (UNLIKELY(shelf == NULL || shelf->count >= store->max)) {
        return DISCARDED_FULL;
    }
    if (PyDict_Check(self) && compat_dict_is_watched((PyDictObject *)self)) {
        return DISCARDED_REFUSED; /* who watches it is told of its end */
    }
    if (store->reset == NULL && UNLIKELY(is_too_large(store, self))) {
        return DISCARDED_LARGE;
    }
    if (has_weakrefs(self)) {
        PyObject_ClearWeakRefs(self);
    }
    if (UNLIKELY(store->reset != NULL || store->capacity != NULL || store->hook->empty != NULL)) {
        Fate fate = empty_alive(store, self, alive);
        if (*alive || fate != RECYCLED) {
            return fate;
        }
        if (Py_TYPE(self) != store->hook->type) {
            return DISCARDED_REFUSED; /* its class was changed */
        }
        if (store->reset != NULL && is_too_large(store, self)) {
            return DISCARDED_LARGE;
        }
        if (has_weakrefs(self)) {
            PyObject_ClearWeakRefs(self);
        }
    }
    if (store->reset == NULL) {
        bool by_field = store->fields != NULL && fields_keep(store->fields, store);
        Fate fate = by_field ? empty_by_fields(store, self) : scrub(store, self);
        if (UNLIKELY(fate != RECYCLED)) {
            return fate;
        }
    }
    return park(store, self, RECYCLED);
}

/* ---- dropping ---- */

/* End an object whose fate has been counted; `store` may have begun to empty it, or is NULL. */
static COLD void
end_counted(Hook *hook, PoolStore *store, PyObject *self)
{
    if (store != NULL && store->fields != NULL) {
        fields_show_parts(store->fields, self);
    }
    Py_INCREF(hook); /* its finalizer may be the end of the class */
    end_object(self);
    Py_DECREF(hook);
}

/* What becomes of an object whose mark says that it is not to be recycled. */
static COLD void
end_marked(Hook *hook, Mark mark, PyObject *self)
{
    if (mark.verdict != UNCOUNTED) {
        Fate fate = compat_is_finalized(self) ? COLLECTED
                    : mark.verdict == FAILED  ? DISCARDED_ERROR
                                              : DISCARDED_REFUSED;
        count_fate(mark.store, fate, 1);
    }
    end_counted(hook, NULL, self);
    Py_DECREF(mark.store);
}

static void go_home(Hook *hook, PyObject *self, int moves);

enum { MOVES = 1 }; /* from pool to pool by its own reset, before an object is refused: else that could go on for ever */

/* Have an object go where its own reset has sent it. */
static COLD void
move_on(Hook *hook, PyObject *self, int moves)
{
    if (moves < MOVES) {
        go_home(hook, self, moves + 1);
        return;
    }
    Mark mark = marks_pop(&hook->marks, self);
    if (mark.object == NULL) {
        mark = (Mark){self, (PoolStore *)Py_NewRef(hook->home), UNREADY};
    }
    else if (mark.verdict == GOES_HOME) {
        mark.verdict = UNREADY;
    }
    end_marked(hook, mark, self);
}

/* Count what became of an object, and end it if that is what it comes to. One that is dead and counted already was
   detached by its own reset, or goes to another pool. */
static COLD void
settle(Hook *hook, PoolStore *store, PyObject *self, Fate fate, bool alive, int moves)
{
    if (fate == COUNTED_ALREADY && !alive) {
        move_on(hook, self, moves);
        return;
    }
    count_fate(store, fate, 1);
    if (!alive) {
        end_counted(hook, store, self);
    }
}

static void
go_home(Hook *hook, PyObject *self, int moves)
{
    hide(self); /* from here on the collector does not see it */
    watch_dropped(self);
    Mark mark = UNLIKELY(marks_are_used(&hook->marks)) ? marks_pop(&hook->marks, self) : (Mark){.object = NULL};
    if (mark.object != NULL && mark.verdict != GOES_HOME) {
        end_marked(hook, mark, self);
        return;
    }
    PoolStore *store = hook->home;
    if (mark.object != NULL) {
        store = mark.store; /* with the reference of its mark */
    }
    else {
        store_hold(store); /* what runs while it is emptied may be the end of the pool */
    }
    bool alive = false;
    Fate fate = recycle(store, self, &alive);
    if (UNLIKELY(fate != RECYCLED)) {
        settle(hook, store, self, fate, alive, moves);
    }
    if (mark.object != NULL) {
        Py_DECREF(store);
    }
    else {
        store_release(store);
    }
}

/* Have a drop wait for the outermost. False where there is no memory to remember it. */
static COLD bool
wait_for_outermost(PyObject *self)
{
    hide(self);
    return shelf_put(&here.waiting, self);
}

static COLD void
drop_waiting(void)
{
    here.depth++;
    PyObject *self;
    while ((self = shelf_pop(&here.waiting)) != NULL) {
        Hook *hook = hook_of(Py_TYPE(self));
        if (hook != NULL) {
            go_home(hook, self, 0);
        }
        else {
            end_object(self);
        }
    }
    PyMem_Free(here.waiting.objects);
    here.waiting = (Shelf){.store = NULL};
    here.depth--;
}

/* The tp_dealloc of any hooked class. */
static COLD void
dealloc_any(PyObject *self)
{
    Hook *hook = hook_of(Py_TYPE(self));
    if (hook == NULL) {
        end_object(self);
        return;
    }
    if (here.depth >= DEEPEST && wait_for_outermost(self)) {
        return;
    }
    here.depth++;
    go_home(hook, self, 0);
    if (--here.depth == 0 && here.waiting.count != 0) {
        drop_waiting();
    }
}

/* ---- the short way ---- */

/* What the objects of a class are made of, where all of it is emptied in C. */
typedef enum { PLAIN, OF_FIELDS, LIST, DICT, SET, BYTEARRAY } Kind;

static inline bool
is_above(Kind kind, PyObject *self, Py_ssize_t cap)
{
    switch (kind) {
    case LIST:
        return list_is_above(self, cap);
    case DICT:
        return dict_is_above(self, cap);
    case SET:
        return set_is_above(self, cap);
    case BYTEARRAY:
        return bytearray_is_above(self, cap);
    default:
        return false;
    }
}

static inline bool
is_clean(Kind kind, PyObject *self)
{
    switch (kind) {
    case LIST:
        return list_is_clean(self);
    case DICT:
        return dict_is_clean(self);
    case SET:
        return set_is_clean(self);
    case BYTEARRAY:
        return bytearray_is_clean(self);
    default:
        return false;
    }
}

/* Empty an object, and whatever hangs on it: RECYCLED, or why it cannot be kept. */
static inline Fate
empty(Kind kind, PoolStore *store, PyObject *self)
{
    bool done = true;
    switch (kind) {
    case LIST:
        done = list_empty(self, &store->sparse);
        break;
    case DICT:
        done = dict_empty(self, &store->sparse);
        break;
    case SET:
        done = set_empty(self, &store->sparse);
        break;
    case BYTEARRAY:
        done = bytearray_empty(self, &store->sparse);
        break;
    case OF_FIELDS:
        if (LIKELY(fields_keep(store->fields, store))) {
            return empty_each_field(store, self);
        }
        /* fallthrough */
    default:
        slots_empty(&store->hook->slots, self);
        if (store->hook->has_dict) {
            attributes_empty(self);
        }
    }
    return LIKELY(done) ? RECYCLED : DISCARDED_ERROR;
}

/* Whether what is out of the ordinary about an object has to be looked into. */
static ALWAYS_INLINE bool
is_special(Kind kind, PoolStore *store, Shelf *shelf, PyObject *self)
{
    bool may_have_weakrefs = kind == PLAIN || kind == OF_FIELDS || kind == SET;
    return shelf == NULL || shelf->count >= store->max || is_above(kind, self, store->max_cap)
           || compat_is_finalized(self) || (may_have_weakrefs && has_weakrefs(self))
           || (kind == DICT && compat_dict_is_watched((PyDictObject *)self));
}

/* Empty an object about which nothing is out of the ordinary, and park it. */
static ALWAYS_INLINE void
empty_and_park(Kind kind, Hook *hook, PoolStore *store, PyObject *self)
{
    if (UNLIKELY(here.depth >= DEEPEST)) {
        dealloc_any(self);
        return;
    }
    hide(self);
    store_hold(store); /* what hangs on the object may be the end of the pool */
    here.depth++;
    Fate fate = empty(kind, store, self);
    fate = LIKELY(fate == RECYCLED) ? park(store, self, RECYCLED) : fate;
    if (UNLIKELY(fate != RECYCLED)) {
        count_fate(store, fate, 1);
        end_counted(hook, store, self);
    }
    if (--here.depth == 0 && UNLIKELY(here.waiting.count != 0)) {
        drop_waiting();
    }
    store_release(store);
}

/* What `go_home` does, for an object about which nothing is out of the ordinary; all else is left to that. A copy is made
   for every kind, so that nothing is asked that is known; in two parts, since the first alone often does. */
#define DEALLOC(kind, name)                                                                                            \
    static APART void name##_filled(Hook *hook, PyObject *self)                                                        \
    {                                                                                                                  \
        empty_and_park(kind, hook, hook->home, self);                                                                  \
    }                                                                                                                  \
                                                                                                                       \
    static void name(PyObject *self)                                                                                   \
    {                                                                                                                  \
        PyTypeObject *type = Py_TYPE(self);                                                                            \
        Hook *hook = hook_of(type);                                                                                    \
        if (UNLIKELY(hook == NULL || marks_are_used(&hook->marks))) {                                                     \
            dealloc_any(self);                                                                                         \
            return;                                                                                                    \
        }                                                                                                              \
        PoolStore *store = hook->home;                                                                                 \
        Shelf *shelf = store_shelf(store);                                                                             \
        if (UNLIKELY(is_special(kind, store, shelf, self) || shelf->count == shelf->room                               \
                     || is_shared(store, shelf))) {                                                                    \
            dealloc_any(self);                                                                                         \
            return;                                                                                                    \
        }                                                                                                              \
        if (kind == PLAIN || kind == OF_FIELDS) {                                                                      \
            empty_and_park(kind, hook, store, self);                                                                   \
            return;                                                                                                    \
        }                                                                                                              \
        if (!is_clean(kind, self)) {                                                                                   \
            name##_filled(hook, self);                                                                                 \
            return;                                                                                                    \
        }                                                                                                              \
        shelf->counts[RECYCLED]++;                                                                                     \
        shelf->objects[shelf->count++] = self;                                                                         \
        Py_DECREF(type); /* the hook has another */                                                                    \
        hide(self);                                                                                          \
    }

DEALLOC(PLAIN, dealloc_plain)
DEALLOC(OF_FIELDS, dealloc_of_fields)
DEALLOC(LIST, dealloc_list)
DEALLOC(DICT, dealloc_dict)
DEALLOC(SET, dealloc_set)
DEALLOC(BYTEARRAY, dealloc_bytearray)

destructor
dealloc_for(PoolStore *home)
{
    const Hook *hook = home->hook;
    if (WATCHES || home->reset != NULL || home->capacity != NULL || hook->empty != NULL) {
        return dealloc_any;
    }
    if (hook->base == &PyBaseObject_Type) {
        return home->fields != NULL ? dealloc_of_fields : dealloc_plain;
    }
    if (home->fields != NULL) {
        return dealloc_any;
    }
    bool has_attributes = hook->has_dict || hook->slots.count != 0;
    bool has_more = has_attributes || (hook->type->tp_weaklistoffset != 0 && hook->base->tp_weaklistoffset == 0);
    if (has_more || !home->measures) {
        return dealloc_any;
    }
    return hook->base == &PyList_Type        ? dealloc_list
           : hook->base == &PyDict_Type      ? dealloc_dict
           : hook->base == &PySet_Type       ? dealloc_set
           : hook->base == &PyByteArray_Type ? dealloc_bytearray
                                             : dealloc_any;
}

bool
is_our_dealloc(destructor dealloc)
{
    return dealloc == dealloc_any || dealloc == dealloc_plain || dealloc == dealloc_of_fields || dealloc == dealloc_list
           || dealloc == dealloc_dict || dealloc == dealloc_set || dealloc == dealloc_bytearray;
}

/* ---- parking what is ready ---- */

bool
park_ready(PoolStore *store, PyObject *self)
{
    Shelf *shelf = store_shelf(store);
    if (!compat_is_alone(self) || shelf == NULL || shelf->count >= store->max) {
        return false;
    }
    if (store->reset != NULL && store->capacity != NULL) {
        int large = asks_too_much(store, self);
        if (large < 0) {
            report_error(store, Py_TYPE(self));
        }
        if (large != 0) {
            return false;
        }
    }
    if (store->reset != NULL && is_too_large(store, self)) {
        return false;
    }
    if (!compat_is_alone(self) || Py_TYPE(self) != store->hook->type) { /* it may have been kept, or changed its class */
        return false;
    }
    hide(self);
    compat_let_go(self);
    if (has_weakrefs(self)) {
        PyObject_ClearWeakRefs(self);
    }
    Mark mark = marks_pop(&store->hook->marks, self); /* before somebody can take it */
    bool parked = park(store, self, COUNTED_ALREADY) == RECYCLED;
    if (!parked) {
        compat_revive(self);
        show(self);
        if (!marks_set(&store->hook->marks, self, store, UNCOUNTED)) {
            PyErr_Clear();
            count_fate(store, MISS, 1); /* what becomes of it will be counted */
        }
    }
    Py_XDECREF(mark.store);
    return parked;
}
