/* Depots: how threads share a global pool on builds without a GIL.

   The freelist in the store of a global pool is the depot. Each thread that uses the pool has a front of it, a freelist of its
   own, from which it takes and to which it returns objects without a lock. Objects move between the two in magazines, so that
   a thread touches the lock once for MAGAZINE objects. tests/depot_model.py has these rules as a model, and checks it in every
   order of the steps of its threads.

   States. A front is closed or open. A closed front has no room: its thread takes and returns single objects at the depot. An
   open front has room for two magazines. The depot counts the room of all open fronts in `claimed`, whether they are full or
   empty. These invariants hold while no thread has the lock:

   - 0 <= front count <= front room, which is 0 or FRONT
   - depot count + claimed <= depot room, so that all objects of all fronts fit into the depot's array
   - depot count + claimed <= max, so that no more than max objects are parked, in whatever order threads run

   The last one does not hold after `max` is reduced until the surplus is removed. Meanwhile, the depot and the fronts
   accept no objects.

   Transitions. A thread opens its front after several visits to the depot, as long as half of max stays with the depot.
   So a pool that is small or rarely used works as if there were no fronts. A full front gives its oldest magazine to
   the depot; an empty front gets the magazine on top of the depot. A front is closed when its objects go to the depot:
   at the end of its thread, and before operations on the whole pool (`clear`, `trim`, `prune`, `resize`, the budget).

   Races. The front of a thread is used by that thread, without a lock, between two safe points. Other threads read its
   `count` to add up the parked objects; they may read an older value, which is at most FRONT. They change it only while
   all threads are stopped (lock_run_exclusive), or after its thread has ended. The depot is changed under its lock. It
   is read without the lock only to check whether it is empty or full. After an outdated answer, a new object is made or
   one is discarded, which is always allowed. `counts` of a front belong to its thread, and are read as those of local
   pools are.

   Objects. A parked object belongs to the freelist that holds it. Because of the lock, the thread that takes it sees
   everything that the thread that parked it wrote. */

#ifndef POOLED_DEPOT_H
#define POOLED_DEPOT_H

#include "base/compat.h"
#include "pool/freelist.h"

#if COMPAT_FREE_THREADED

/* Take an object for a thread whose front is empty, and count a hit. NULL if the depot is empty, too. `front` is NULL
   for a thread that has none. */
PyObject *depot_take(Freelist *depot, Freelist *front, Py_ssize_t max);

/* Park an object of a thread whose front is full, and count `outcome`. False if there is no room. */
bool depot_put(Freelist *depot, Freelist *front, Py_ssize_t max, PyObject *object, Outcome outcome);

/* Insert an object below all others of the depot. False if there is no room. */
bool depot_put_under(Freelist *depot, Py_ssize_t max, PyObject *object);

/* Move the objects of a front to the depot, and close it. Under the lock, or with all other threads stopped. */
void depot_close(Freelist *depot, Freelist *front);

/* Whether a thread can park nothing: its front and the depot are full. `freelist` is the front, or the depot itself. */
static inline bool
depot_is_full(const Freelist *depot, const Freelist *freelist, Py_ssize_t max)
{
    if (freelist != depot && freelist->count < freelist->room) {
        return false;
    }
    return _Py_atomic_load_ssize_relaxed(&depot->count) + _Py_atomic_load_ssize_relaxed(&depot->claimed) >= max;
}

#endif
#endif
