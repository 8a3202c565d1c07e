/* Calls of containers: cls() and cls(items) of a class with the `__init__` of a builtin container. */

#ifndef POOLED_ACQUIRE_CONTAINER_H
#define POOLED_ACQUIRE_CONTAINER_H

#include "base/compat.h"
#include "pool/hook_table.h"

/* The functions that serve such a class. */
typedef struct {
    vectorcallfunc call; /* its tp_vectorcall */
    HookTake take;
} ContainerCalls;

/* These functions, or NULL if the class is no container, has an `__init__` in Python, or does not start empty. */
ContainerCalls container_calls_for(const Hook *hook);

#endif
