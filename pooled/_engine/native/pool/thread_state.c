#include "pool/thread_state.h"

#include <string.h>

#include "pool/depot.h"

/* Static, because a dealloc has no module to look them up in. The lock protects the list and the indices; code that has
   stopped all other threads needs no lock. The objects on a freelist belong to its thread. */
THREAD_LOCAL ThreadLocals this_thread;
Lock thread_states_lock;
void (*thread_state_drain)(ThreadState *state);
static ThreadState *thread_states;
static struct {
    bool *taken; /* by index */
    Py_ssize_t count;
} indices;

#ifdef POOLED_DEBUG_TRACE /* each build has a capsule of its own */
static const char CAPSULE[] = "pooled._engine.native._native_debug.thread_state";
#else
static const char CAPSULE[] = "pooled._engine.native._native.thread_state";
#endif

/* Free a freelist, under the lock. */
static void
freelist_free(Freelist **freelist)
{
    PyMem_Free((*freelist)->objects);
    PyMem_Free(*freelist);
    *freelist = NULL;
}

/* Add the counts of the freelist of a thread that ends to those of its pool. A front leaves its objects, too. */
static void
leave_to_heir(Freelist *freelist)
{
    Freelist *heir = freelist->heir;
    lock_acquire(&heir->lock);
#if COMPAT_FREE_THREADED
    if (heir->is_depot) {
        depot_close(heir, freelist);
        heir->credited += freelist->credited; /* the depot counts these objects as its own from here on */
    }
#endif
    freelist_add_counts(heir, freelist, HIT, COUNTS);
    lock_release(&heir->lock);
}

/* Unlink and free a thread state. */
static void
thread_state_remove(ThreadState *state)
{
    lock_acquire(&thread_states_lock);
    *(state->previous != NULL ? &state->previous->next : &thread_states) = state->next;
    if (state->next != NULL) {
        state->next->previous = state->previous;
    }
    for (Py_ssize_t i = 0; i < state->count; i++) {
        if (state->freelists[i] != NULL) {
            leave_to_heir(state->freelists[i]);
            freelist_free(&state->freelists[i]);
        }
    }
    lock_release(&thread_states_lock);
    PyMem_Free(state->freelists);
    PyMem_Free(state);
}

/* The end of a thread: its Python thread state frees the capsule. After fork, the surviving thread runs this for threads
   that no longer exist. */
static void
thread_state_close(PyObject *capsule)
{
    ThreadState *state = PyCapsule_GetPointer(capsule, CAPSULE);
    if (this_thread.state == state) { /* drops from here on find no thread state */
        this_thread.state = NULL;
        this_thread.thread = 0;
        this_thread.ended = state->thread;
    }
    thread_state_drain(state);
    thread_state_remove(state);
}

/* Make a state that the Python thread state owns. False with an exception set. */
static bool
thread_state_open(uint64_t thread)
{
    PyObject *dict = PyThreadState_GetDict(); /* borrowed */
    ThreadState *state = PyMem_Calloc(1, sizeof(ThreadState));
    if (dict == NULL || state == NULL) {
        PyMem_Free(state);
        return false;
    }
    PyObject *capsule = PyCapsule_New(state, CAPSULE, NULL);
    if (capsule == NULL || PyDict_SetItemString(dict, CAPSULE, capsule) < 0) {
        Py_XDECREF(capsule);
        PyMem_Free(state);
        return false;
    }
    state->thread = thread;
    state->held = &this_thread.held;
    lock_acquire(&thread_states_lock);
    state->next = thread_states;
    if (thread_states != NULL) {
        thread_states->previous = state;
    }
    thread_states = state;
    lock_release(&thread_states_lock);
    this_thread.state = state;
    this_thread.thread = thread;
    PyCapsule_SetDestructor(capsule, thread_state_close); /* from here on it owns the state */
    Py_DECREF(capsule);
    return true;
}

/* The state of this thread, or NULL without an exception. */
static ThreadState *
thread_state_current(void)
{
    if (this_thread.state != NULL) {
        return this_thread.state;
    }
    uint64_t thread = PyThreadState_GetID(PyThreadState_Get());
    if (thread == this_thread.ended) {
        return NULL; /* its dict would be created again, and never be freed */
    }
    PyObject *exception = compat_take_exception(); /* an object may be dropped while an exception is set */
    if (!thread_state_open(thread)) {
        PyErr_Clear();
    }
    compat_put_exception(exception);
    return this_thread.state;
}

/* The place of a freelist in a state, under the lock. NULL if there is no memory for it. */
static Freelist **
place_in(ThreadState *state, Py_ssize_t index)
{
    if (index >= state->count) {
        Freelist **freelists = PyMem_Realloc(state->freelists, (size_t)indices.count * sizeof(Freelist *));
        if (freelists == NULL) {
            return NULL;
        }
        memset(freelists + state->count, 0, (size_t)(indices.count - state->count) * sizeof(Freelist *));
        state->freelists = freelists;
        state->count = indices.count;
    }
    return &state->freelists[index];
}

COLD Freelist *
freelists_open(Py_ssize_t index, Freelist *shared)
{
    ThreadState *state = thread_state_current();
    if (state == NULL) {
        return NULL;
    }
    lock_acquire(&thread_states_lock);
    Freelist **place = place_in(state, index);
    if (place != NULL && *place == NULL) {
        *place = PyMem_Calloc(1, sizeof(Freelist));
        if (*place != NULL) {
            (*place)->store = shared->store;
            (*place)->heir = shared;
#if COMPAT_FREE_THREADED
            (*place)->follows = shared->follows && !shared->is_depot;
#else
            (*place)->follows = shared->follows;
#endif
        }
    }
    Freelist *freelist = place != NULL ? *place : NULL;
    lock_release(&thread_states_lock);
    return freelist;
}

/* The first free index, under the lock. -1 if there is no memory for more. */
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

/* The freelist of a state, NULL if it has none. */
static Freelist *
freelist_of(const ThreadState *state, Py_ssize_t index)
{
    return index < state->count ? state->freelists[index] : NULL;
}

void
freelists_free_index(Py_ssize_t index)
{
    lock_acquire(&thread_states_lock);
    for (ThreadState *state = thread_states; state != NULL; state = state->next) {
        if (freelist_of(state, index) != NULL) {
            freelist_free(&state->freelists[index]);
        }
    }
    indices.taken[index] = false;
    lock_release(&thread_states_lock);
}

Freelist *
freelists_next(Py_ssize_t index, ThreadState **cursor)
{
    ThreadState *state = *cursor != NULL ? (*cursor)->next : thread_states;
    for (; state != NULL; state = state->next) {
        Freelist *freelist = freelist_of(state, index);
        if (freelist != NULL) {
            *cursor = state;
            return freelist;
        }
    }
    return NULL;
}

/* `freelists_count`, under the lock. Its own lock keeps the magazines of a depot in their places meanwhile. */
static Py_ssize_t
count_parked(Freelist *shared, Py_ssize_t index)
{
    lock_acquire(&shared->lock);
    Py_ssize_t count = shared->count;
    ThreadState *cursor = NULL;
    for (Freelist *freelist; index >= 0 && (freelist = freelists_next(index, &cursor)) != NULL;) {
        count += compat_load_ssize(&freelist->count);
    }
    lock_release(&shared->lock);
    return count;
}

Py_ssize_t
freelists_count(Freelist *shared, Py_ssize_t index)
{
    lock_acquire(&thread_states_lock);
    Py_ssize_t count = count_parked(shared, index);
    lock_release(&thread_states_lock);
    return count;
}

void
freelists_rooms(Py_ssize_t index, Py_ssize_t max, Rooms *rooms)
{
    lock_acquire(&thread_states_lock);
    ThreadState *cursor = NULL;
    for (Freelist *freelist; (freelist = freelists_next(index, &cursor)) != NULL;) {
        rooms_add(rooms, freelist, max);
    }
    lock_release(&thread_states_lock);
}

/* Add the counts of a pool from the index `first` on, up to `end`, under the lock of thread states. */
static void
add_up(Freelist *shared, Py_ssize_t index, int first, int end, Freelist *sum)
{
    lock_acquire(&shared->lock);
    freelist_add_counts(sum, shared, first, end);
    lock_release(&shared->lock);
    ThreadState *cursor = NULL;
    for (Freelist *freelist; index >= 0 && (freelist = freelists_next(index, &cursor)) != NULL;) {
        freelist_add_counts(sum, freelist, first, end);
    }
}

/* Without a GIL, other threads count meanwhile. All ends are read before all takes, so that every end that is read has its
   take: an object may be taken on one thread and dropped on another. */
Py_ssize_t
freelists_sum(Freelist *shared, Py_ssize_t index, Freelist *sum)
{
    lock_acquire(&thread_states_lock); /* a thread that ends meanwhile must not move counts to a list read before */
    add_up(shared, index, FIRST_END, COUNTS, sum);
    add_up(shared, index, HIT, FIRST_END, sum);
    Py_ssize_t count = count_parked(shared, index);
    lock_release(&thread_states_lock);
    return count;
}

#if COMPAT_FREE_THREADED

bool
thread_states_any_held(void)
{
    if (this_thread.held != 0) {
        return true;
    }
    for (ThreadState *state = thread_states; state != NULL; state = state->next) {
        if (*state->held != 0) {
            return true;
        }
    }
    return false;
}

#endif
