/* Deallocs: the tp_dealloc of hooked classes. An unhooked subclass gets here too: its own dealloc calls that of its base. */

#ifndef POOLED_DEALLOC_H
#define POOLED_DEALLOC_H

#include "base/compat.h"
#include "pool/store.h"

/* The tp_dealloc for a class whose own store this is: one of several, by what its objects consist of. */
destructor dealloc_for(PoolStore *own_store);

/* Register all of them (destroy.h). At import. */
void dealloc_init(void);

#endif
