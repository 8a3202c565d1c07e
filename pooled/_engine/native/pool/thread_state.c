#include "pool/thread_state.h"

#include "object/debug_trace.h"

#include <string.h>

#include "pool/store.h"

/* Static, since deallocs have nothing else to go by. One of each thread; the lists belong to who has the lock, or has
   stopped all others. A freelist's objects are its thread's. */
THREAD_LOCAL ThreadLocals this_thread;
static Lock thread_states_lock;
static ThreadState *thread_states;
static struct {
    bool *taken; /* by index */
    Py_ssize_t count;
} indices;

static const char CAPSULE[] = MODULE_NAME ".desk"; /* each build has its own */

/* The first freelist of a thread_state that has objects: these, off the freelist. */
static Batch
thread_state_take(ThreadState *thread_state)
{
    Batch batch = {.count = 0};
    lock_acquire(&thread_states_lock); /* with it no pool can take its freelists away */
    for (Py_ssize_t i = 0; batch.count == 0 && i < thread_state->count; i++) {
        if (thread_state->freelists[i] != NULL && thread_state->freelists[i]->count > 0) {
            batch = freelist_take_oldest(thread_state->freelists[i], thread_state->freelists[i]->count);
        }
    }
    lock_release(&thread_states_lock);
    return batch;
}

/* Let go of a freelist, with the lock. */
static void
freelist_free(Freelist **freelist)
{
    PyMem_Free((*freelist)->objects);
    PyMem_Free(*freelist);
    *freelist = NULL;
}

/* Take a thread_state away. What its freelists counted is left to their pools. */
static void
thread_state_remove(ThreadState *thread_state)
{
    lock_acquire(&thread_states_lock);
    *(thread_state->previous != NULL ? &thread_state->previous->next : &thread_states) = thread_state->next;
    if (thread_state->next != NULL) {
        thread_state->next->previous = thread_state->previous;
    }
    for (Py_ssize_t i = 0; i < thread_state->count; i++) {
        if (thread_state->freelists[i] != NULL) {
            Freelist *heir = &thread_state->freelists[i]->store->freelist;
            lock_acquire(&heir->lock);
            freelist_add_counts(heir, thread_state->freelists[i]);
            lock_release(&heir->lock);
            freelist_free(&thread_state->freelists[i]);
        }
    }
    lock_release(&thread_states_lock);
    PyMem_Free(thread_state->freelists);
    PyMem_Free(thread_state);
}

/* The end of a thread: its thread state lets go of the capsule. After a fork that is done in the child for the threads
   that are not there, by the one that is. */
static void
thread_state_close(PyObject *capsule)
{
    ThreadState *thread_state = PyCapsule_GetPointer(capsule, CAPSULE);
    if (this_thread.thread_state == thread_state) { /* what is dropped from this_thread on finds no thread_state */
        this_thread.thread_state = NULL;
        this_thread.thread = 0;
        this_thread.ended = thread_state->thread;
    }
    Batch batch;
    while ((batch = thread_state_take(thread_state)).count > 0) { /* finalizers may be the end of a pool, which takes its freelist away */
        batch_destroy(batch);
    }
    thread_state_remove(thread_state);
}

/* Have the thread state own a new thread_state. False with an exception set. */
static bool
thread_state_open(uint64_t thread)
{
    PyObject *state = PyThreadState_GetDict(); /* borrowed */
    ThreadState *thread_state = PyMem_Calloc(1, sizeof(ThreadState));
    if (state == NULL || thread_state == NULL) {
        PyMem_Free(thread_state);
        return false;
    }
    PyObject *capsule = PyCapsule_New(thread_state, CAPSULE, NULL);
    if (capsule == NULL || PyDict_SetItemString(state, CAPSULE, capsule) < 0) {
        Py_XDECREF(capsule);
        PyMem_Free(thread_state);
        return false;
    }
    thread_state->thread = thread;
    thread_state->held = &this_thread.held;
    lock_acquire(&thread_states_lock);
    thread_state->next = thread_states;
    if (thread_states != NULL) {
        thread_states->previous = thread_state;
    }
    thread_states = thread_state;
    lock_release(&thread_states_lock);
    this_thread.thread_state = thread_state;
    this_thread.thread = thread;
    PyCapsule_SetDestructor(capsule, thread_state_close); /* from this_thread on it owns the thread_state */
    Py_DECREF(capsule);
    return true;
}

/* The thread_state of this thread, or NULL without an exception. */
static ThreadState *
thread_state_current(void)
{
    if (this_thread.thread_state != NULL) {
        return this_thread.thread_state;
    }
    uint64_t thread = PyThreadState_GetID(PyThreadState_Get());
    if (thread == this_thread.ended) {
        return NULL; /* its dict would be made anew, and never be let go of */
    }
    PyObject *exception = compat_take_exception(); /* an object may be dropped while one is on its way */
    if (!thread_state_open(thread)) {
        PyErr_Clear();
    }
    compat_put_exception(exception);
    return this_thread.thread_state;
}

/* The place of a freelist in a thread_state, with the lock; NULL where there is no memory for it. */
static Freelist **
place_in(ThreadState *thread_state, Py_ssize_t index)
{
    if (index >= thread_state->count) {
        Freelist **freelists = PyMem_Realloc(thread_state->freelists, (size_t)indices.count * sizeof(Freelist *));
        if (freelists == NULL) {
            return NULL;
        }
        memset(freelists + thread_state->count, 0, (size_t)(indices.count - thread_state->count) * sizeof(Freelist *));
        thread_state->freelists = freelists;
        thread_state->count = indices.count;
    }
    return &thread_state->freelists[index];
}

COLD Freelist *
freelists_open(Py_ssize_t index, PoolStore *store)
{
    ThreadState *thread_state = thread_state_current();
    if (thread_state == NULL) {
        return NULL;
    }
    lock_acquire(&thread_states_lock);
    Freelist **place = place_in(thread_state, index);
    if (place != NULL && *place == NULL) {
        *place = PyMem_Calloc(1, sizeof(Freelist));
        if (*place != NULL) {
            (*place)->store = store;
        }
    }
    Freelist *freelist = place != NULL ? *place : NULL;
    lock_release(&thread_states_lock);
    return freelist;
}

/* The first free index, with the lock; -1 where there is no memory for more. */
static Py_ssize_t
find_index(void)
{
    for (Py_ssize_t i = 0; i < indices.count; i++) {
        if (!indices.taken[i]) {
            return i;
        }
    }
    Py_ssize_t former = indices.count, count = former == 0 ? 16 : former * 2;
    bool *taken = PyMem_Realloc(indices.taken, (size_t)count * sizeof(bool));
    if (taken == NULL) {
        return -1;
    }
    memset(taken + former, 0, (size_t)(count - former) * sizeof(bool));
    indices.taken = taken;
    indices.count = count;
    return former;
}

Py_ssize_t
freelists_new_index(void)
{
    lock_acquire(&thread_states_lock);
    Py_ssize_t index = find_index();
    if (index >= 0) {
        indices.taken[index] = true;
    }
    lock_release(&thread_states_lock);
    if (index < 0) {
        PyErr_NoMemory();
    }
    return index;
}

/* The freelist of a thread_state, NULL where it has none. */
static Freelist *
freelist_of(const ThreadState *thread_state, Py_ssize_t index)
{
    return index < thread_state->count ? thread_state->freelists[index] : NULL;
}

void
freelists_free_index(Py_ssize_t index)
{
    lock_acquire(&thread_states_lock);
    for (ThreadState *thread_state = thread_states; thread_state != NULL; thread_state = thread_state->next) {
        if (freelist_of(thread_state, index) != NULL) {
            freelist_free(&thread_state->freelists[index]);
        }
    }
    indices.taken[index] = false;
    lock_release(&thread_states_lock);
}

/* The same as `freelists_count`, with the lock; what was counted is added to `sum`, if there is one. */
static Py_ssize_t
add_up(Py_ssize_t index, Freelist *sum)
{
    Py_ssize_t count = 0;
    for (ThreadState *thread_state = thread_states; thread_state != NULL; thread_state = thread_state->next) {
        Freelist *freelist = freelist_of(thread_state, index);
        if (freelist != NULL) {
            count += freelist->count;
        }
        if (freelist != NULL && sum != NULL) {
            freelist_add_counts(sum, freelist);
        }
    }
    return count;
}

Py_ssize_t
freelists_count(Py_ssize_t index)
{
    lock_acquire(&thread_states_lock);
    Py_ssize_t count = add_up(index, NULL);
    lock_release(&thread_states_lock);
    return count;
}

Py_ssize_t
freelists_sum(PoolStore *store, Freelist *sum)
{
    lock_acquire(&thread_states_lock); /* so that no thread that ends leaves what it counted to a freelist that was looked at before */
    lock_acquire(&store->freelist.lock);
    freelist_add_counts(sum, &store->freelist);
    Py_ssize_t count = store->freelist.count;
    lock_release(&store->freelist.lock);
    if (store->is_local) {
        count += add_up(store->index, sum);
    }
    lock_release(&thread_states_lock);
    return count;
}

typedef struct {
    Py_ssize_t index;
    Py_ssize_t keep;
    Batch batch;
} Trim;

/* Take what is above `keep` off the first freelist that has more. */
static void
take_surplus(void *argument)
{
    Trim *trim = argument;
    trim->batch = (Batch){.count = 0};
    for (ThreadState *thread_state = thread_states; trim->batch.count == 0 && thread_state != NULL; thread_state = thread_state->next) {
        Freelist *freelist = freelist_of(thread_state, trim->index);
        if (freelist != NULL && freelist->count > trim->keep) {
            trim->batch = freelist_take_oldest(freelist, freelist->count - trim->keep);
        }
    }
}

void
freelists_trim(Py_ssize_t index, Py_ssize_t keep)
{
    /* Finalizers may run, and with them anything: threads may end, and their thread_states go. So look anew each time. */
    Trim trim = {.index = index, .keep = keep};
    do {
        lock_run_exclusive(take_surplus, &trim);
    } while (batch_destroy(trim.batch) > 0);
}

typedef struct {
    PoolStore *store;
    uint64_t number; /* of this trimming; 0 where it has not begun */
    Batch batch;
} TrimUnused;

/* Take what was not needed off the first freelist that has some, of those that were not trimmed this time. */
static void
take_unused(void *argument)
{
    TrimUnused *trim = argument;
    if (trim->number == 0) {
        trim->number = ++trim->store->trimmings;
    }
    trim->batch = (Batch){.count = 0};
    for (ThreadState *thread_state = thread_states; trim->batch.count == 0 && thread_state != NULL; thread_state = thread_state->next) {
        Freelist *freelist = freelist_of(thread_state, trim->store->index);
        if (freelist != NULL && freelist->trimmed < trim->number) {
            freelist->trimmed = trim->number;
            trim->batch = freelist_take_unused(freelist);
        }
    }
}

Py_ssize_t
freelists_trim_unused(PoolStore *store)
{
    Py_ssize_t sum = 0, ended;
    TrimUnused trim = {.store = store};
    do {
        lock_run_exclusive(take_unused, &trim);
        ended = batch_destroy(trim.batch); /* with that, anything may happen: as in freelists_trim */
        sum += ended;
    } while (ended > 0);
    return sum;
}

typedef struct {
    PoolStore *store;
    Scales scales;
    Py_ssize_t limit;
    Py_ssize_t count;
    size_t sum;
} Weighing;

static void
weigh_some(void *argument)
{
    Weighing *weighing = argument;
    for (ThreadState *thread_state = thread_states; weighing->count < weighing->limit && thread_state != NULL; thread_state = thread_state->next) {
        Freelist *freelist = freelist_of(thread_state, weighing->store->index);
        if (freelist != NULL) {
            Py_ssize_t more;
            weighing->sum += freelist_weigh(freelist, &weighing->scales, weighing->limit - weighing->count, &more);
            weighing->count += more;
        }
    }
}

size_t
freelists_weigh(PoolStore *store, const Scales *scales, Py_ssize_t limit, Py_ssize_t *count)
{
    Weighing weighing = {.store = store, .scales = *scales, .limit = limit};
    lock_run_exclusive(weigh_some, &weighing);
    *count = weighing.count;
    return weighing.sum;
}

bool
thread_states_any_held(void)
{
    if (this_thread.held != 0) {
        return true;
    }
    for (ThreadState *thread_state = thread_states; thread_state != NULL; thread_state = thread_state->next) {
        if (*thread_state->held != 0) {
            return true;
        }
    }
    return false;
}
