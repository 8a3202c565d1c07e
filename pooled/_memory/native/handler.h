/* Handlers of array memory, as NumPy's NEP 49 defines them: a struct of four functions, in a capsule. */

#ifndef POOLED_HANDLER_H
#define POOLED_HANDLER_H

#include "depot.h"
#include "observer.h"

#define HANDLER_CAPSULE "mem_handler"

/* The structs that NumPy documents as PyDataMemAllocator and PyDataMem_Handler, in version 1. */
typedef struct {
    void *ctx;
    void *(*malloc)(void *ctx, size_t size);
    void *(*calloc)(void *ctx, size_t count, size_t size);
    void *(*realloc)(void *ctx, void *memory, size_t size);
    void (*free)(void *ctx, void *memory, size_t size);
} Allocator;

typedef struct {
    char name[127]; /* NumPy's get_handler_name() returns it */
    uint8_t version;
    Allocator allocator;
} Handler;

/* NumPy's own functions, which serve what a depot does not. Set once, before a handler is made. */
extern Allocator plain;

/* Called when an allocation fails although all depots have been emptied. */
extern void (*handler_low_memory)(void);

/* Make a handler that serves arrays from a depot. */
void handler_of_depot(Handler *handler, const char *name, Depot *depot);

/* Make a handler that counts what a depot would have served, and serves nothing. */
void handler_of_observer(Handler *handler, const char *name, Observer *observer);

#endif
