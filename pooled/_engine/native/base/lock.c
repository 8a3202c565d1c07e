#include "base/lock.h"

#if COMPAT_FREE_THREADED

#if defined(_WIN32)
#include <windows.h>
#define YIELD() SwitchToThread()
#else
#include <sched.h>
#define YIELD() sched_yield()
#endif

enum { SPINS = 64 }; /* reads of a lock before the thread yields the processor to the one that holds it */

COLD void
lock_wait(Lock *lock)
{
    uint8_t expected;
    int reads = 0;
    do {
        while (_Py_atomic_load_uint8_relaxed(&lock->taken) != 0) {
            if (++reads > SPINS) {
                YIELD();
            }
        }
        expected = 0;
    } while (!_Py_atomic_compare_exchange_uint8(&lock->taken, &expected, 1));
}

/* A call that waits to be made. */
typedef struct {
    void (*function)(void *); /* NULL once it was called */
    void *argument;
} Task;

/* The collector calls this for each object. */
static int
run_task(PyObject *Py_UNUSED(object), void *argument)
{
    Task *task = argument;
    if (task->function != NULL) {
        task->function(task->argument);
        task->function = NULL;
    }
    return 0; /* stop the iteration: the task has run */
}

/* CPython 3.13 exports no function that stops all threads. PyUnstable_GC_VisitObjects stops them while it visits the
   tracked objects, so the first visit runs the task. It skips objects that gc.freeze() has frozen. If all objects are
   frozen, a new one is allocated and visited. */
void
lock_run_exclusive(void (*function)(void *), void *argument)
{
    Task task = {function, argument};
    PyUnstable_GC_VisitObjects(run_task, &task);
    if (LIKELY(task.function == NULL)) {
        return;
    }
    PyObject *pending = compat_take_exception();
    PyObject *visited = PyList_New(0);
    PyUnstable_GC_VisitObjects(run_task, &task);
    if (task.function != NULL) {
        Py_FatalError("pooled: no memory for an object that the collector could show");
    }
    Py_DECREF(visited);
    compat_put_exception(pending);
}

#else

void
lock_run_exclusive(void (*function)(void *), void *argument)
{
    function(argument);
}

#endif
