/* Size classes: the sizes of blocks, so that a block can serve any array that is a little smaller.

   Sizes count in units of one page. Class i has i units up to 16; from there on, each doubling has 8 classes. So a block
   is at most an eighth larger than what it is taken for, rounded up to pages. */

#ifndef POOLED_SIZE_CLASS_H
#define POOLED_SIZE_CLASS_H

#include "base.h"

enum { SIZE_CLASSES = 224 };

/* Bytes of a unit: a page, or 4 KiB where pages are smaller. A power of two. Set by `arena_init`. */
extern size_t unit_size;

/* The smallest class whose blocks have `size` bytes or more; 0 if there is none. */
static inline unsigned
size_class_of(size_t size)
{
    size_t units = size / unit_size + (size % unit_size != 0);
    if (units <= 8) {
        return units == 0 ? 1 : (unsigned)units;
    }
    if (units > (size_t)1 << 28) {
        return 0;
    }
    unsigned doubling = 60U - (unsigned)__builtin_clzll((unsigned long long)(units - 1)); /* 0 for 9 to 16 units */
    return 8 * doubling + (unsigned)((units - 1) >> doubling) + 1;
}

/* Bytes of a block of a class. */
static inline size_t
size_class_bytes(unsigned index)
{
    unsigned doubling = index > 16 ? (index - 9) / 8 : 0;
    return ((size_t)(index - 8 * doubling) << doubling) * unit_size;
}

#endif
