/* Installing: a hook goes into the slots of its class. */

#ifndef POOLED_INSTALL_H
#define POOLED_INSTALL_H

#include "base/compat.h"
#include "pool/store.h"

/* Route construction and last drop of the hook's class through `own_store` from now on. False with MemoryError set, and
   nothing changed. */
bool install_hook(Hook *hook, PoolStore *own_store);

/* Choose the slots of a hooked class again, after its store has changed. */
void install_adapt(Hook *hook);

#endif
