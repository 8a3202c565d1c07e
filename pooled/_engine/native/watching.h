/* Watching: what is told of the objects in the build for the debug mode (POOLED_WATCHES). In the usual build nothing is,
   and nothing of this is left in the code. */

#ifndef POOLED_WATCHING_H
#define POOLED_WATCHING_H

#include "compat.h"
#include "store.h"

#ifdef POOLED_WATCHES

#define MODULE_NAME "pooled._engine.native._watched"
#define MODULE_INIT PyInit__watched

enum { WATCHES = 1 };

/* An object that was not parked is handed out. False with an exception set. */
bool watch_taken(PoolStore *store, PyObject *self);

/* An object that is out is to come home to `store`. False with an exception set. */
bool watch_moved(PoolStore *store, PyObject *self);

/* An object that was just popped, alive and hidden, is handed out, if it is as it was left. Else it is discarded; give
   NULL, without an exception where another one is to be tried. Takes the reference, and gives one. */
PyObject *watch_popped(PoolStore *store, PyObject *self);

/* What was popped is put back. */
void watch_put_back(PyObject *self);

/* An object that nobody had yet is to be parked. False with an exception set. */
bool watch_readied(PoolStore *store, PyObject *self);

/* An object is out no more, whatever becomes of it. */
void watch_dropped(PyObject *self);

/* An object ends. */
void watch_ended(PyObject *self);

/* watch(taken, moved, popped, warn, readied, out, last): whom to tell. */
PyObject *native_watch(PyObject *module, PyObject *args);

/* Tell nobody any more. */
void watch_close(void);

#define WATCH_METHODS {"watch", native_watch, METH_VARARGS, "Say whom to tell what happens to objects."},

#else

#define MODULE_NAME "pooled._engine.native._native"
#define MODULE_INIT PyInit__native
#define WATCH_METHODS

enum { WATCHES = 0 };

#define watch_taken(store, self) true
#define watch_moved(store, self) true
#define watch_popped(store, self) (self)
#define watch_put_back(self) ((void)0)
#define watch_readied(store, self) true
#define watch_dropped(self) ((void)0)
#define watch_ended(self) ((void)0)
#define watch_close() ((void)0)

#endif
#endif
