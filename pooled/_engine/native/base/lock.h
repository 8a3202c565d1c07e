/* Locks: mutual exclusion on free-threaded builds. On builds with a GIL, the lock functions do nothing.

   Frequent operations hold a spin lock. They are short, run no foreign code and wait for nothing but another such lock,
   so a thread cannot be stopped while it holds one. Rare operations change data that many threads read without a lock,
   and run while all other threads are stopped. A thread stops only between two frequent operations, where another
   thread could also run on a build with a GIL. */

#ifndef POOLED_LOCK_H
#define POOLED_LOCK_H

#include "base/compat.h"

typedef struct {
#if COMPAT_FREE_THREADED
    uint8_t taken; /* 1 while a thread holds the lock, else 0; atomic */
#else
    char nothing; /* C has no empty struct */
#endif
} Lock;

#if COMPAT_FREE_THREADED

/* Wait for a lock that another thread holds, and take it. */
void lock_wait(Lock *lock);

/* Take a lock. Until `lock_release`, the thread must not wait for anything else: it runs no Python code and deallocates
   no object. */
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

/* Call `function` while all other threads are stopped. It must not wait, allocate or deallocate objects, or run Python
   code. */
void lock_run_exclusive(void (*function)(void *), void *argument);

#endif
