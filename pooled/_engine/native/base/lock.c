#include "base/lock.h"

#if COMPAT_FREE_THREADED

#if defined(_WIN32)
#include <windows.h>
#define YIELD() SwitchToThread()
#else
#include <sched.h>
#define YIELD() sched_yield()
#endif

enum { PATIENCE = 64 }; /* looks at a lock before the processor is left to who has it */

COLD void
lock_wait(Lock *lock)
{
    uint8_t expected;
    int looks = 0;
    do {
        while (_Py_atomic_load_uint8_relaxed(&lock->taken) != 0) {
            if (++looks > PATIENCE) {
                YIELD();
            }
        }
        expected = 0;
    } while (!_Py_atomic_compare_exchange_uint8(&lock->taken, &expected, 1));
}

typedef struct {
    void (*function)(void *);
    void *argument;
} Task;

static int
do_task(PyObject *Py_UNUSED(object), void *argument)
{
    Task *task = argument;
    if (task->function != NULL) {
        task->function(task->argument);
        task->function = NULL;
    }
    return 0; /* one object is enough */
}

/* Other threads are stopped while the collector shows an object. Those that gc.freeze() hid it does not gc_track_fast: where that
   is all there are, it gets a new one. */
void
lock_run_exclusive(void (*function)(void *), void *argument)
{
    Task task = {function, argument};
    PyUnstable_GC_VisitObjects(do_task, &task);
    if (LIKELY(task.function == NULL)) {
        return;
    }
    PyObject *pending = compat_take_exception();
    PyObject *shown = PyList_New(0);
    PyUnstable_GC_VisitObjects(do_task, &task);
    if (task.function != NULL) {
        Py_FatalError("pooled: no memory for an object that the collector could show");
    }
    Py_DECREF(shown);
    compat_put_exception(pending);
}

#else

void
lock_run_exclusive(void (*function)(void *), void *argument)
{
    function(argument);
}

#endif
