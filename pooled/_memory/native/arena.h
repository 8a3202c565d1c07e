/* The arena: address space for blocks, in segments that stay reserved, and the pages in them.

   A table of segments tells whether a pointer is that of a block. So blocks have no headers, and the pointer may come
   from any allocator. When a block is vacated, its pages are returned to the system; its address space is returned only
   if address space is short. A vacant block serves its size class again, and is all zeros.

   Any thread may call these functions, with or without the GIL. */

#ifndef POOLED_ARENA_H
#define POOLED_ARENA_H

#include "base.h"
#include "size_class.h"

typedef enum {
    BLOCK_NONE,   /* never used */
    BLOCK_VACANT, /* without pages; in the arena's list */
    BLOCK_IN_USE, /* owned by an array */
    BLOCK_PARKED, /* in a list of a depot; its content is left over from the last use */
} BlockState;

/* The record of the page at which a block begins. It is not in the block. */
typedef struct Block {
    struct Block *next;    /* in the list that the block is in */
    char *_Atomic memory;  /* NULL after its address space was given back */
    _Atomic uint8_t state; /* a BlockState */
    uint8_t size_class;
    bool was_zeroed; /* whether it was handed out as a vacant block for which zeros were asked */
} Block;

/* Prepare the arena. False, without an exception, where the system cannot do what it needs. */
bool arena_init(void);

/* Bits that no address of a block has: units are 4 KiB or larger, and user space has 48 bits. */
#define NO_BLOCK_BITS (~(((uintptr_t)1 << 48) - ((uintptr_t)1 << 12)))

/* The block that begins at an address without `NO_BLOCK_BITS`; NULL if none does. */
Block *arena_look_up(const void *memory);

/* The block that begins at `memory`; NULL if none does. Small arrays of other allocators rarely begin at a page. */
static inline Block *
arena_find(const void *memory)
{
    return LIKELY(((uintptr_t)memory & NO_BLOCK_BITS) != 0) ? NULL : arena_look_up(memory);
}

/* A block of a class, all zeros, without pages, and in use; NULL if there is no address space left. */
Block *arena_take(unsigned size_class);

/* Return the pages of a block to the system. The block is all zeros afterwards. */
void arena_empty(Block *block);

/* The same, and keep the block for the next take of its class. */
void arena_vacate(Block *block);

/* Return the address space of vacant blocks, and the space that is reserved for new ones. */
void arena_shrink(void);

/* Whether most pages of a block have been written or read, judged by a sample. */
bool arena_is_resident(const Block *block);

/* Hold the arena's lock, so that a fork does not copy it while another thread has it. */
void arena_lock(void);
void arena_unlock(void);

/* Use huge pages for large blocks, or not, as NumPy does by default. */
void arena_use_huge_pages(bool wanted);

#endif
