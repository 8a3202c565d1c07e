/* Debug trace: the calls that report what happens to objects, in the build for the debug mode (POOLED_DEBUG_TRACE). In
   the usual build they are macros that do nothing. */

#ifndef POOLED_DEBUG_TRACE_H
#define POOLED_DEBUG_TRACE_H

#include "base/compat.h"
#include "pool/store.h"

#ifdef POOLED_DEBUG_TRACE

#define MODULE_NAME "pooled._engine.native._native_debug"
#define MODULE_INIT PyInit__native_debug

enum { DEBUG_TRACE = 1 };

/* Report that an object that was not parked is handed out. False with an exception set. */
bool trace_taken(PoolStore *store, PyObject *self);

/* Report that an object in use will return to `store`. False with an exception set. */
bool trace_moved(PoolStore *store, PyObject *self);

/* Whether an object that was just popped, alive and untracked, can be handed out. If it cannot, the caller discards it,
   then calls `trace_warn` with `*warning`. `*warning` is a new reference, or NULL if an exception is set. */
bool trace_popped(PoolStore *store, PyObject *self, PyObject **warning);

/* Warn of an object that changed while it was parked. Steals the reference; NULL is ignored. An exception may be set
   afterwards. */
void trace_warn(PyObject *warning);

/* Report that an object that was popped is put back. */
void trace_put_back(PyObject *self);

/* Report that a new object, which was never handed out, will be parked. False with an exception set. */
bool trace_readied(PoolStore *store, PyObject *self);

/* Report that an object is no longer in use, whatever its outcome is. */
void trace_dropped(PyObject *self);

/* Report that an object is going to be freed. */
void trace_ended(PyObject *self);

/* trace(taken, moved, popped, warn, readied, out, last): set the functions to call, and the dicts to update. */
PyObject *native_trace(PyObject *module, PyObject *args);

/* Stop reporting, and release the functions and dicts. */
void trace_close(void);

#define DEBUG_TRACE_METHOD {"trace", native_trace, METH_VARARGS, "Set the functions to call when objects are used."}

#else

#define MODULE_NAME "pooled._engine.native._native"
#define MODULE_INIT PyInit__native
#define DEBUG_TRACE_METHOD {NULL, NULL, 0, NULL} /* ends the table of methods */

enum { DEBUG_TRACE = 0 };

#define trace_taken(store, self) true
#define trace_moved(store, self) true
#define trace_popped(store, self, warning) (*(warning) = NULL, true)
#define trace_warn(warning) ((void)(warning))
#define trace_put_back(self) ((void)0)
#define trace_readied(store, self) true
#define trace_dropped(self) ((void)0)
#define trace_ended(self) ((void)0)
#define trace_close() ((void)0)

#endif
#endif
