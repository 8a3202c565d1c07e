#include "paths/trim.h"

#include "base/pressure.h"
#include "object/destroy.h"
#include "object/fields.h"
#include "object/object_checks.h"

/* ---- batches ---- */

/* Parked objects of one class that were removed from a freelist, and are going to be destroyed. */
typedef struct {
    Removed removed;
    PyTypeObject *type;    /* a strong reference: finalizers may drop all others; NULL: no objects */
    struct Fields *fields; /* a strong reference to the plan that emptied them; NULL: they were emptied completely */
} Batch;

/* Add the reference to their class to removed objects, while their former freelist still keeps the class alive. */
static Batch
batch_of(const Freelist *freelist, Removed removed)
{
    Batch batch = {.removed = removed};
    if (removed.count > 0) {
        batch.type = (PyTypeObject *)Py_NewRef(Py_TYPE(removed.objects[0]));
        batch.fields = freelist->store != NULL ? (Fields *)Py_XNewRef(freelist->store->fields) : NULL;
    }
    return batch;
}

/* Destroy a batch. Returns the number of objects. Runs finalizers. */
static Py_ssize_t
batch_destroy(Batch batch)
{
    for (Py_ssize_t i = 0; i < batch.removed.count; i++) {
        if (batch.fields != NULL) {
            fields_track_parts(batch.fields, batch.removed.objects[i]);
        }
        destroy_parked(batch.removed.objects[i]);
    }
    PyMem_Free(batch.removed.objects);
    Py_XDECREF(batch.fields);
    Py_XDECREF(batch.type);
    return batch.removed.count;
}

/* ---- one pool ---- */

typedef struct {
    PoolStore *store;
    Py_ssize_t keep;
    Py_ssize_t count; /* objects to remove from a global pool */
    uint64_t number;  /* of this trim; 0 before it has begun */
    Batch batch;
} Trim;

/* Remove the `count` oldest objects of a global pool. With all other threads stopped, as in the functions below. */
static void
remove_oldest(void *argument)
{
    Trim *trim = argument;
    Freelist *freelist = &trim->store->freelist;
    store_close_fronts(trim->store);
    trim->batch = batch_of(freelist, freelist_remove_oldest(freelist, trim->count));
}

/* Remove the objects of a global pool beyond `keep`. */
static void
remove_above(void *argument)
{
    Trim *trim = argument;
    store_close_fronts(trim->store);
    trim->count = trim->store->freelist.count - trim->keep;
    remove_oldest(trim);
}

/* Remove the objects of a global pool that were not needed. */
static void
remove_unused_shared(void *argument)
{
    Trim *trim = argument;
    Freelist *freelist = &trim->store->freelist;
    store_close_fronts(trim->store);
    trim->batch = batch_of(freelist, freelist_remove_unused(freelist));
}

/* Remove the objects beyond `keep` from the first freelist of a local pool that has more. */
static void
remove_surplus(void *argument)
{
    Trim *trim = argument;
    ThreadState *cursor = NULL;
    trim->batch = (Batch){.type = NULL};
    for (Freelist *freelist;
         trim->batch.removed.count == 0 && (freelist = freelists_next(trim->store->index, &cursor)) != NULL;) {
        if (freelist->count > trim->keep) {
            trim->batch = batch_of(freelist, freelist_remove_oldest(freelist, freelist->count - trim->keep));
        }
    }
}

void
trim_to(PoolStore *store, Py_ssize_t keep)
{
    Trim trim = {.store = store, .keep = keep};
    if (!store->is_local) {
        lock_run_exclusive(remove_above, &trim);
        batch_destroy(trim.batch);
        return;
    }
    /* A finalizer may end threads and so free freelists: start at the first one again each time. */
    do {
        lock_run_exclusive(remove_surplus, &trim);
    } while (batch_destroy(trim.batch) > 0);
}

Py_ssize_t
trim_here(PoolStore *store, Py_ssize_t count)
{
    CHECKED(object_check_path(store));
    Freelist *freelist = store_freelist(store);
    if (freelist == NULL) {
        return 0;
    }
    if (!store->is_local) {
        Trim trim = {.store = store, .count = count};
        lock_run_exclusive(remove_oldest, &trim);
        return batch_destroy(trim.batch);
    }
    return batch_destroy(batch_of(freelist, freelist_remove_oldest(freelist, count)));
}

/* Remove the objects that were not needed from the first freelist of a local pool that has some, and that this trim has
   not visited. */
static void
remove_unused(void *argument)
{
    Trim *trim = argument;
    ThreadState *cursor = NULL;
    if (trim->number == 0) {
        trim->number = ++trim->store->trimmings;
    }
    trim->batch = (Batch){.type = NULL};
    for (Freelist *freelist;
         trim->batch.removed.count == 0 && (freelist = freelists_next(trim->store->index, &cursor)) != NULL;) {
        if (freelist->trimmed < trim->number) {
            freelist->trimmed = trim->number;
            trim->batch = batch_of(freelist, freelist_remove_unused(freelist));
        }
    }
}

Py_ssize_t
trim_unused(PoolStore *store)
{
    CHECKED(object_check_path(store));
    Py_ssize_t sum = 0, destroyed;
    Trim trim = {.store = store};
    if (!store->is_local) {
        lock_run_exclusive(remove_unused_shared, &trim);
        return batch_destroy(trim.batch);
    }
    do {
        lock_run_exclusive(remove_unused, &trim);
        destroyed = batch_destroy(trim.batch); /* any code may run: as in trim_to */
        sum += destroyed;
    } while (destroyed > 0);
    return sum;
}

/* A call that waits for an empty pool. */
typedef struct {
    PoolStore *store;
    void (*function)(void *);
    void *argument;
    Batch *batches; /* one for each freelist that had objects */
    Py_ssize_t room;
    Py_ssize_t count;
    bool done; /* false if `batches` has too little room */
} EmptyRun;

static void
run_empty(void *argument)
{
    EmptyRun *run = argument;
    PoolStore *store = run->store;
    store_close_fronts(store);
    Freelist *freelist = &store->freelist;
    ThreadState *cursor = NULL;
    do {
        if (freelist->count != 0) {
            if (run->count == run->room) {
                return;
            }
            run->batches[run->count++] = batch_of(freelist, freelist_remove_oldest(freelist, freelist->count));
        }
    } while (store->is_local && (freelist = freelists_next(store->index, &cursor)) != NULL);
    run->function(run->argument);
    run->done = true;
}

bool
trim_run_empty(PoolStore *store, void (*function)(void *), void *argument)
{
    enum { MORE = 8 }; /* threads that begin to use the pool meanwhile */
    EmptyRun run = {.store = store, .function = function, .argument = argument};
    while (!run.done) {
        Rooms rooms = {.count = 0};
        if (store->is_local) {
            freelists_rooms(store->index, store->max, &rooms);
        }
        run.room = rooms.count + MORE;
        run.count = 0;
        run.batches = PyMem_New(Batch, (size_t)run.room);
        if (run.batches == NULL) {
            return false;
        }
        lock_run_exclusive(run_empty, &run);
        for (Py_ssize_t i = 0; i < run.count; i++) {
            batch_destroy(run.batches[i]);
        }
        PyMem_Free(run.batches);
    }
    return true;
}

/* ---- the end of a thread ---- */

/* Remove all objects from the first freelist of a thread that has some. Those on fronts go to their depots later. */
static Batch
remove_of_thread(ThreadState *state)
{
    Batch batch = {.type = NULL};
    lock_acquire(&thread_states_lock); /* no pool can free its freelists meanwhile */
    for (Py_ssize_t i = 0; batch.removed.count == 0 && i < state->count; i++) {
        Freelist *freelist = state->freelists[i];
        if (freelist != NULL && freelist->count > 0 && !freelist_is_front(freelist)) {
            batch = batch_of(freelist, freelist_remove_oldest(freelist, freelist->count));
        }
    }
    lock_release(&thread_states_lock);
    return batch;
}

static void
drain(ThreadState *state)
{
    /* A finalizer may end a pool, which frees its freelist: start at the first one again each time. */
    while (batch_destroy(remove_of_thread(state)) > 0) {
    }
}

/* ---- all pools ---- */

static uint64_t reliefs; /* the number of calls of `relieve` */

/* Find a store that this relief has not visited: a new reference, or NULL. */
static void
find_unrelieved(void *found)
{
    for (PoolStore *store = stores; store != NULL; store = store->next) {
        if (Py_REFCNT(store) > 0 && store->relieved < reliefs) {
            store->relieved = reliefs;
            *(PoolStore **)found = (PoolStore *)Py_NewRef(store);
            return;
        }
    }
}

/* Destroy all parked objects of all pools, because memory is short. This allocates no memory. */
static void
relieve(void)
{
    PoolStore *store;
    reliefs++;
    do {
        store = NULL;
        lock_run_exclusive(find_unrelieved, &store);
        if (store != NULL) {
            trim_to(store, 0);
            Py_DECREF(store);
        }
    } while (store != NULL);
}

void
trim_init(void)
{
    thread_state_drain = drain;
    pressure_trim = relieve;
}

/* Find a store that has parked objects: a new reference, or NULL. */
static void
find_filled(void *found)
{
    for (PoolStore *store = stores; store != NULL; store = store->next) {
        if (Py_REFCNT(store) > 0 && store_count_parked(store) > 0) {
            *(PoolStore **)found = (PoolStore *)Py_NewRef(store);
            return;
        }
    }
}

static void
close_all(void *Py_UNUSED(nothing))
{
    stores_closed = true;
    for (PoolStore *store = stores; store != NULL; store = store->next) {
        store->max = 0;
        store_close_fronts(store);
    }
}

void
trim_close_all(void)
{
    lock_run_exclusive(close_all, NULL);
    for (;;) { /* a finalizer may free any store, so start at the first one again each time */
        PoolStore *store = NULL;
        lock_run_exclusive(find_filled, &store);
        if (store == NULL) {
            return;
        }
        trim_to(store, 0);
        Py_DECREF(store);
    }
}
