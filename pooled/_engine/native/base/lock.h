/* Alone: how threads keep out of each other's way where there is no GIL. With one, all of it is nothing.

   What happens often is short, runs nobody else's code and waits for nothing but a lock of the same kind, so that it
   cannot be interrupted. What happens rarely, and changes what many look at, is done while all other threads are stopped:
   they stop between such short things, where with a GIL another thread might run just as well. */

#ifndef POOLED_LOCK_H
#define POOLED_LOCK_H

#include "base/compat.h"

typedef struct {
#if COMPAT_FREE_THREADED
    uint8_t taken;
#else
    char nothing;
#endif
} Lock;

#if COMPAT_FREE_THREADED

/* Wait for a lock. */
void lock_wait(Lock *lock);

/* Until `unlock`, nothing may run that could wait for anything: no code of Python's, and no end of an object. */
static inline void
lock_acquire(Lock *lock)
{
    uint8_t expected = 0;
    if (UNLIKELY(!_Py_atomic_compare_exchange_uint8(&lock->taken, &expected, 1))) {
        lock_wait(lock);
    }
}

static inline void
lock_release(Lock *lock)
{
    _Py_atomic_store_uint8(&lock->taken, 0);
}

#else

static inline void
lock_acquire(Lock *Py_UNUSED(lock))
{
}

static inline void
lock_release(Lock *Py_UNUSED(lock))
{
}

#endif

/* Call `function` with all other threads stopped. It may not wait, make or end objects, nor run code of Python's. */
void lock_run_exclusive(void (*function)(void *), void *argument);

#endif
