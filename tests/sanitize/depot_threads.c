/* Threads at one depot, under the thread sanitizer: the C files of depots and freelists as they are, without an interpreter.

   CPython is not built with the sanitizer, which then sees none of its locks, and reports races that are none. So this program
   takes the place of CPython: it defines the few functions that these files call. A read lock stands for "between two safe
   points", the write lock for "all other threads are stopped". The mark of an object is written by its owner without any
   synchronisation of its own: only the lock of the depot orders one owner's write before the next one's. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "pool/depot.h"

enum { THREADS = 4, MOST = 1024, HELD = 200, OBJECTS = 1 << 16 };

void *
PyMem_Malloc(size_t size)
{
    return malloc(size);
}

void *
PyMem_Realloc(void *old, size_t size)
{
    return realloc(old, size);
}

void
PyMem_Free(void *memory)
{
    free(memory);
}

void
lock_wait(Lock *lock)
{
    uint8_t expected;
    do {
        expected = 0;
    } while (!_Py_atomic_compare_exchange_uint8(&lock->taken, &expected, 1));
}

static Freelist depot = {.is_depot = true};
static Freelist fronts[THREADS];
static pthread_rwlock_t world = PTHREAD_RWLOCK_INITIALIZER;
static int owners[OBJECTS]; /* by object: 0 while it is parked */
static int made;            /* atomic */
static int rounds;

static void
fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* The place of an object stands for it. */
static PyObject *
new_object(void)
{
    int number = __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
    if (number >= OBJECTS) {
        fail("too many objects: a thread starves");
    }
    return (PyObject *)&owners[number];
}

static void
drop(Freelist *front, int me, PyObject *object)
{
    if (*(int *)object != me) {
        fail("an object has two owners");
    }
    *(int *)object = 0;
    if (front->count < front->room) {
        front->objects[front->count++] = object;
        front->counts[RECYCLED]++;
    }
    else if (!depot_put(&depot, front, MOST, object, RECYCLED)) {
        front->counts[DISCARDED_FULL]++;
    }
}

static PyObject *
take(Freelist *front, int me)
{
    PyObject *object = freelist_pop(front);
    if (object != NULL) {
        front->counts[HIT]++;
    }
    else if ((object = depot_take(&depot, front, MOST)) == NULL) {
        object = new_object();
        front->counts[MISS]++;
    }
    if (*(int *)object != 0) {
        fail("an object is taken while it has an owner");
    }
    *(int *)object = me;
    return object;
}

/* What clear() does, and what a resize begins with. */
static void
clear_all(void)
{
    pthread_rwlock_wrlock(&world);
    for (int i = 0; i < THREADS; i++) {
        depot_close(&depot, &fronts[i]);
    }
    if (depot.count > MOST || depot.claimed != 0) {
        fail("more than max objects are parked");
    }
    Removed removed = freelist_remove_oldest(&depot, depot.count / 2);
    free(removed.objects);
    pthread_rwlock_unlock(&world);
}

static void *
work(void *argument)
{
    int me = (int)(size_t)argument + 1, held = 0;
    unsigned seed = (unsigned)me;
    Freelist *front = &fronts[me - 1];
    PyObject *objects[HELD];
    for (int i = 0; i < rounds; i++) {
        unsigned choice = (unsigned)rand_r(&seed);
        int wanted = (int)(choice >> 8) % HELD;
        pthread_rwlock_rdlock(&world);
        while (held < wanted) {
            objects[held++] = take(front, me);
        }
        while (held > wanted) {
            drop(front, me, objects[--held]);
        }
        pthread_rwlock_unlock(&world);
        if (choice % 64 == 0) {
            clear_all();
        }
    }
    pthread_rwlock_rdlock(&world);
    while (held > 0) {
        drop(front, me, objects[--held]);
    }
    lock_acquire(&depot.lock);
    depot_close(&depot, front);
    lock_release(&depot.lock);
    pthread_rwlock_unlock(&world);
    return NULL;
}

int
main(int count, char **arguments)
{
    rounds = count > 1 ? atoi(arguments[1]) : 1000;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        fronts[i].heir = &depot;
        pthread_create(&threads[i], NULL, work, (void *)i);
    }
    uint64_t hits = 0, misses = 0, ended = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        hits += fronts[i].counts[HIT];
        misses += fronts[i].counts[MISS];
        ended += fronts[i].counts[RECYCLED] + fronts[i].counts[DISCARDED_FULL];
    }
    if (hits + misses != ended || depot.claimed != 0 || depot.count > MOST) {
        fail("the counts do not add up");
    }
    printf(
        "%d threads, %llu takes, %llu hits\n", THREADS, (unsigned long long)(hits + misses), (unsigned long long)hits);
    return 0;
}
