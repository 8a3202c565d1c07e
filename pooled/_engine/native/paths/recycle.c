#include "paths/recycle.h"

#include "object/user_hooks.h"
#include "base/attrs.h"
#include "object/destroy.h"
#include "containers/clear_inline.h"
#include "object/fields.h"
#include "base/gc_track.h"
#include "object/debug_trace.h"

/* ---- parking ---- */

/* Put an object of refcount 0 on the freelist, and count `outcome`; the reference to its class goes, so that the class can be
   collected. */
static inline Outcome
park(PoolStore *store, PyObject *self, Outcome outcome)
{
    Freelist *freelist = store_freelist(store); /* anew: what ran since the last look may have changed it */
    PyTypeObject *type = Py_TYPE(self);
    if (UNLIKELY(freelist == NULL || !store_put(store, freelist, self, outcome))) {
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

/* Whether an object that `store` empties was detached, or assigned to another pool, since it was overridden for that. */
static bool
has_moved(PoolStore *store, PyObject *self)
{
    PoolStore *own_store = store->hook->own_store;
    if (own_store == NULL) {
        return false; /* the class's own pool has ended meanwhile, and with it all that was overridden */
    }
    Override override = overrides_find(&store->hook->overrides, self);
    return store == own_store ? override.object != NULL : override.store != store || override.disposition != RETURNS;
}

/* An object that its reset or capacity gave to somebody stays alive, and is no longer ours. Say what it counts as; or
   that nobody has it any more, with *alive unset. */
static COLD Outcome
let_go(PoolStore *store, PyObject *self, Outcome outcome, bool *alive)
{
    Hook *hook = store->hook;
    Outcome counts = outcome == DISCARDED_ERROR ? outcome : ESCAPED;
    bool overridden = false;
    if (has_moved(store, self)) {
        counts = COUNTED_ALREADY;
    }
    else {
        overridden = overrides_set(&hook->overrides, self, store, UNCOUNTED);
        if (!overridden) {
            PyErr_Clear(); /* it will be counted a second time */
        }
    }
    gc_track_fast(self);
    compat_stay(self);
    *alive = !compat_let_go(self);
    if (*alive) {
        return counts; /* from this_thread on, others may end it */
    }
    gc_untrack_fast(self);
    if (overridden && store != hook->own_store) {
        overrides_turn(&hook->overrides, self, UNCOUNTED, RETURNS);
    }
    else if (overridden) {
        Py_XDECREF(overrides_pop(&hook->overrides, self).store);
    }
    return outcome;
}

/* Have an object of refcount 0 alive while functions in Python empty or measure it. With *alive set, it stays so. */
static Outcome
empty_living(PoolStore *store, PyObject *self, bool *alive)
{
    PyObject *pending = compat_take_exception();
    compat_come_alive(self);
    Outcome outcome = store->reset != NULL ? user_hooks_reset(store, self) : user_hooks_empty(store, self);
    *alive = !compat_is_unique(self);
    if (*alive) {
        outcome = let_go(store, self, outcome, alive);
    }
    else {
        gc_untrack_fast(self); /* a dict tracks itself when something is put in */
        compat_let_go(self);
    }
    compat_put_exception(pending);
    return outcome;
}

/* The same, overridden as one of `store` meanwhile; COUNTED_ALREADY where that is no longer so. */
static COLD Outcome
empty_alive(PoolStore *store, PyObject *self, bool *alive)
{
    Hook *hook = store->hook;
    bool is_home = store == hook->own_store;
    if (!is_home && !overrides_set(&hook->overrides, self, store, RETURNS)) {
        PyErr_Clear();
        return DISCARDED_ERROR;
    }
    Outcome outcome = empty_living(store, self, alive);
    if (*alive) {
        return outcome;
    }
    if (has_moved(store, self)) {
        return COUNTED_ALREADY;
    }
    if (!is_home) {
        Py_XDECREF(overrides_pop(&hook->overrides, self).store);
    }
    return outcome;
}

/* ---- emptying, all in C ---- */

static inline Outcome
empty_each_field(PoolStore *store, PyObject *self)
{
    Fields *fields = store->fields;
    const Container *container = store->hook->container;
    if (UNLIKELY(container != NULL && !container->empty(container, self, &store->sparse))) {
        return DISCARDED_ERROR;
    }
    Outcome outcome = fields_empty(fields, store, self);
    if (UNLIKELY(outcome == RECYCLED && store->fields != fields)) {
        outcome = DISCARDED_REFUSED; /* meanwhile its class was planned anew */
    }
    if (UNLIKELY(outcome != RECYCLED)) {
        fields_track_parts(fields, self);
    }
    return outcome;
}

Outcome
empty_by_fields(PoolStore *store, PyObject *self)
{
    return empty_each_field(store, self);
}

Outcome
scrub_object(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    if (hook->container != NULL && UNLIKELY(!hook->container->empty(hook->container, self, &store->sparse))) {
        return DISCARDED_ERROR;
    }
    slots_empty(&hook->slots, self);
    if (hook->has_dict) {
        attrs_empty(self);
    }
    return RECYCLED;
}

/* Empty an object of refcount 0, untracked, and park it if it can be kept; say what becomes of it. With *alive set it
   is no longer ours; else, if it is not parked, the caller has to end it. */
static inline Outcome
recycle(PoolStore *store, PyObject *self, bool *alive)
{
    if (UNLIKELY(compat_is_finalized(self))) {
        return COLLECTED; /* its __del__ has run, or others in its cycle may reach it yet */
    }
    Freelist *freelist = store_freelist(store);
    if (UNLIKELY(freelist == NULL || freelist->count >= store->max)) {
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
        Outcome outcome = empty_alive(store, self, alive);
        if (*alive || outcome != RECYCLED) {
            return outcome;
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
        Outcome outcome = by_field ? empty_by_fields(store, self) : scrub_object(store, self);
        if (UNLIKELY(outcome != RECYCLED)) {
            return outcome;
        }
    }
    return park(store, self, RECYCLED);
}

/* ---- dropping ---- */

/* End an object whose outcome has been counted; `store` may have begun to empty it, or is NULL. */
static COLD void
end_counted(Hook *hook, PoolStore *store, PyObject *self)
{
    if (store != NULL && store->fields != NULL) {
        fields_track_parts(store->fields, self);
    }
    Py_INCREF(hook); /* its finalizer may be the end of the class */
    destroy_object(self);
    Py_DECREF(hook);
}

/* What becomes of an object whose override says that it is not to be recycled. */
static COLD void
end_marked(Hook *hook, Override override, PyObject *self)
{
    if (override.disposition != UNCOUNTED) {
        Outcome outcome = compat_is_finalized(self) ? COLLECTED
                    : override.disposition == FAILED  ? DISCARDED_ERROR
                                              : DISCARDED_REFUSED;
        store_count(override.store, outcome, 1);
    }
    end_counted(hook, NULL, self);
    Py_DECREF(override.store);
}

static void return_to_pool(Hook *hook, PyObject *self, int moves);

enum { MOVES = 1 }; /* from pool to pool by its own reset, before an object is refused: else that could go on for ever */

/* Have an object go where its own reset has sent it. */
static COLD void
move_on(Hook *hook, PyObject *self, int moves)
{
    if (moves < MOVES) {
        return_to_pool(hook, self, moves + 1);
        return;
    }
    Override override = overrides_pop(&hook->overrides, self);
    if (override.object == NULL) {
        override = (Override){self, (PoolStore *)Py_NewRef(hook->own_store), UNREADY};
    }
    else if (override.disposition == RETURNS) {
        override.disposition = UNREADY;
    }
    end_marked(hook, override, self);
}

/* Count what became of an object, and end it if that is what it comes to. One that is dead and counted already was
   detached by its own reset, or goes to another pool. */
static COLD void
settle(Hook *hook, PoolStore *store, PyObject *self, Outcome outcome, bool alive, int moves)
{
    if (outcome == COUNTED_ALREADY && !alive) {
        move_on(hook, self, moves);
        return;
    }
    store_count(store, outcome, 1);
    if (!alive) {
        end_counted(hook, store, self);
    }
}

static void
return_to_pool(Hook *hook, PyObject *self, int moves)
{
    gc_untrack_fast(self); /* from this_thread on the collector does not see it */
    trace_dropped(self);
    Override override = UNLIKELY(overrides_are_used(&hook->overrides)) ? overrides_pop(&hook->overrides, self) : (Override){.object = NULL};
    if (override.object != NULL && override.disposition != RETURNS) {
        end_marked(hook, override, self);
        return;
    }
    PoolStore *store = hook->own_store;
    if (override.object != NULL) {
        store = override.store; /* with the reference of its override */
    }
    else {
        store_hold(store); /* what runs while it is emptied may be the end of the pool */
    }
    bool alive = false;
    Outcome outcome = recycle(store, self, &alive);
    if (UNLIKELY(outcome != RECYCLED)) {
        settle(hook, store, self, outcome, alive, moves);
    }
    if (override.object != NULL) {
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
    gc_untrack_fast(self);
    return freelist_put(&this_thread.waiting, self);
}

static COLD void
drop_waiting(void)
{
    this_thread.depth++;
    PyObject *self;
    while ((self = freelist_pop(&this_thread.waiting)) != NULL) {
        Hook *hook = hook_of(Py_TYPE(self));
        if (hook != NULL) {
            return_to_pool(hook, self, 0);
        }
        else {
            destroy_object(self);
        }
    }
    PyMem_Free(this_thread.waiting.objects);
    this_thread.waiting = (Freelist){.store = NULL};
    this_thread.depth--;
}

/* The tp_dealloc of any hooked class. */
static COLD void
dealloc_any(PyObject *self)
{
    Hook *hook = hook_of(Py_TYPE(self));
    if (hook == NULL) {
        destroy_object(self);
        return;
    }
    if (this_thread.depth >= DEEPEST && wait_for_outermost(self)) {
        return;
    }
    this_thread.depth++;
    return_to_pool(hook, self, 0);
    if (--this_thread.depth == 0 && this_thread.waiting.count != 0) {
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
static inline Outcome
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
            attrs_empty(self);
        }
    }
    return LIKELY(done) ? RECYCLED : DISCARDED_ERROR;
}

/* Whether what is out of the ordinary about an object has to be looked into. */
static ALWAYS_INLINE bool
is_special(Kind kind, PoolStore *store, Freelist *freelist, PyObject *self)
{
    bool may_have_weakrefs = kind == PLAIN || kind == OF_FIELDS || kind == SET;
    return freelist == NULL || freelist->count >= store->max || is_above(kind, self, store->max_cap)
           || compat_is_finalized(self) || (may_have_weakrefs && has_weakrefs(self))
           || (kind == DICT && compat_dict_is_watched((PyDictObject *)self));
}

/* Empty an object about which nothing is out of the ordinary, and park it. */
static ALWAYS_INLINE void
empty_and_park(Kind kind, Hook *hook, PoolStore *store, PyObject *self)
{
    if (UNLIKELY(this_thread.depth >= DEEPEST)) {
        dealloc_any(self);
        return;
    }
    gc_untrack_fast(self);
    store_hold(store); /* what hangs on the object may be the end of the pool */
    this_thread.depth++;
    Outcome outcome = empty(kind, store, self);
    outcome = LIKELY(outcome == RECYCLED) ? park(store, self, RECYCLED) : outcome;
    if (UNLIKELY(outcome != RECYCLED)) {
        store_count(store, outcome, 1);
        end_counted(hook, store, self);
    }
    if (--this_thread.depth == 0 && UNLIKELY(this_thread.waiting.count != 0)) {
        drop_waiting();
    }
    store_release(store);
}

/* What `return_to_pool` does, for an object about which nothing is out of the ordinary; all else is left to that. A copy is made
   for every kind, so that nothing is asked that is known; in two parts, since the first alone often does. */
#define DEALLOC(kind, name)                                                                                            \
    static APART void name##_filled(Hook *hook, PyObject *self)                                                        \
    {                                                                                                                  \
        empty_and_park(kind, hook, hook->own_store, self);                                                                  \
    }                                                                                                                  \
                                                                                                                       \
    static void name(PyObject *self)                                                                                   \
    {                                                                                                                  \
        PyTypeObject *type = Py_TYPE(self);                                                                            \
        Hook *hook = hook_of(type);                                                                                    \
        if (UNLIKELY(hook == NULL || overrides_are_used(&hook->overrides))) {                                                     \
            dealloc_any(self);                                                                                         \
            return;                                                                                                    \
        }                                                                                                              \
        PoolStore *store = hook->own_store;                                                                                 \
        Freelist *freelist = store_freelist(store);                                                                             \
        if (UNLIKELY(is_special(kind, store, freelist, self) || freelist->count == freelist->room                               \
                     || store_is_shared(store, freelist))) {                                                                    \
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
        freelist->counts[RECYCLED]++;                                                                                     \
        freelist->objects[freelist->count++] = self;                                                                         \
        Py_DECREF(type); /* the hook has another */                                                                    \
        gc_untrack_fast(self);                                                                                          \
    }

DEALLOC(PLAIN, dealloc_plain)
DEALLOC(OF_FIELDS, dealloc_of_fields)
DEALLOC(LIST, dealloc_list)
DEALLOC(DICT, dealloc_dict)
DEALLOC(SET, dealloc_set)
DEALLOC(BYTEARRAY, dealloc_bytearray)

destructor
recycle_dealloc_for(PoolStore *own_store)
{
    const Hook *hook = own_store->hook;
    if (DEBUG_TRACE || own_store->reset != NULL || own_store->capacity != NULL || hook->empty != NULL) {
        return dealloc_any;
    }
    if (hook->base == &PyBaseObject_Type) {
        return own_store->fields != NULL ? dealloc_of_fields : dealloc_plain;
    }
    if (own_store->fields != NULL) {
        return dealloc_any;
    }
    bool has_attributes = hook->has_dict || hook->slots.count != 0;
    bool has_more = has_attributes || (hook->type->tp_weaklistoffset != 0 && hook->base->tp_weaklistoffset == 0);
    if (has_more || !own_store->measures) {
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
recycle_park_ready(PoolStore *store, PyObject *self)
{
    Freelist *freelist = store_freelist(store);
    if (!compat_is_unique(self) || freelist == NULL || freelist->count >= store->max) {
        return false;
    }
    if (store->reset != NULL && store->capacity != NULL) {
        int large = user_hooks_is_too_large(store, self);
        if (large < 0) {
            user_hooks_report(store, Py_TYPE(self));
        }
        if (large != 0) {
            return false;
        }
    }
    if (store->reset != NULL && is_too_large(store, self)) {
        return false;
    }
    if (!compat_is_unique(self) || Py_TYPE(self) != store->hook->type) { /* it may have been kept, or changed its class */
        return false;
    }
    gc_untrack_fast(self);
    compat_let_go(self);
    if (has_weakrefs(self)) {
        PyObject_ClearWeakRefs(self);
    }
    Override override = overrides_pop(&store->hook->overrides, self); /* before somebody can take it */
    bool parked = park(store, self, COUNTED_ALREADY) == RECYCLED;
    if (!parked) {
        compat_revive(self);
        gc_track_fast(self);
        if (!overrides_set(&store->hook->overrides, self, store, UNCOUNTED)) {
            PyErr_Clear();
            store_count(store, MISS, 1); /* what becomes of it will be counted */
        }
    }
    Py_XDECREF(override.store);
    return parked;
}
