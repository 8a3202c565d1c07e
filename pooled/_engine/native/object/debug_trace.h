/* Watching: what is told of the objects in the build for the debug mode (POOLED_DEBUG_TRACE). In the usual build nothing is,
   and nothing of this is left in the code. */

#ifndef POOLED_DEBUG_TRACE_H
#define POOLED_DEBUG_TRACE_H

#include "base/compat.h"
#include "pool/store.h"

#ifdef POOLED_DEBUG_TRACE

#define MODULE_NAME "pooled._engine.native._native_debug"
#define MODULE_INIT PyInit__native_debug

enum { DEBUG_TRACE = 1 };

/* An object that was not parked is handed out. False with an exception set. */
bool trace_taken(PoolStore *store, PyObject *self);

/* An object that is out is to come own_store to `store`. False with an exception set. */
bool trace_moved(PoolStore *store, PyObject *self);

/* Whether an object that was just popped, alive and untracked, can be handed out. If it can not, the caller discards it and
   then calls `trace_warn` with `*warning`, which is NULL where an exception is set. */
bool trace_popped(PoolStore *store, PyObject *self, PyObject **warning);

/* Warn of an object that changed while it was parked. Steals the reference; NULL is ignored. May set an exception. */
void trace_warn(PyObject *warning);

/* What was popped is put back. */
void trace_put_back(PyObject *self);

/* An object that nobody had yet is to be parked. False with an exception set. */
bool trace_readied(PoolStore *store, PyObject *self);

/* An object is out no more, whatever becomes of it. */
void trace_dropped(PyObject *self);

/* An object ends. */
void trace_ended(PyObject *self);

/* trace(taken, moved, popped, warn, readied, out, last): whom to tell. */
PyObject *native_trace(PyObject *module, PyObject *args);

/* Tell nobody any more. */
void trace_close(void);

#define DEBUG_TRACE_METHODS {"trace", native_trace, METH_VARARGS, "Say whom to tell what happens to objects."},

#else

#define MODULE_NAME "pooled._engine.native._native"
#define MODULE_INIT PyInit__native
#define DEBUG_TRACE_METHODS

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
