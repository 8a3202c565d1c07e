#include "arena.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define SEGMENT_SHIFT 26
#define SEGMENT_SIZE ((size_t)1 << SEGMENT_SHIFT)
#define SEGMENTS ((size_t)1 << (48 - SEGMENT_SHIFT)) /* user space has at most 48 bits unless a program asks for more */
#define LARGE ((size_t)1 << 20)
#define HUGE_PAGE ((size_t)1 << 21)
#define HUGE_FROM ((size_t)1 << 22) /* as NumPy */

enum { SAMPLES = 4 };

/* Address space that was reserved and is not used yet. */
typedef struct {
    char *next, *end;
} Reserve;

static unsigned unit_shift;
static atomic_bool uses_huge_pages;

/* For all variables below. The records of a segment, once they are known, stay where they are. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* By address: the records of the pages of a segment, or NULL. The table itself is NULL before the first segment. */
static Block *_Atomic *_Atomic segments;

static Reserve small, large;
static size_t mapped; /* bytes of all segments, without what was given back */
static Block *vacant[SIZE_CLASSES];

static void *
reserve_pages(size_t size)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_NORESERVE
    flags |= MAP_NORESERVE;
#endif
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool
arena_init(void)
{
    long page = sysconf(_SC_PAGESIZE);
    if (page <= 0 || (page & (page - 1)) != 0 || (size_t)page > HUGE_PAGE) {
        return false;
    }
    if (unit_size != 0) {
        return true;
    }
    unit_size = page > 4096 ? (size_t)page : 4096;
    unit_shift = (unsigned)__builtin_ctzll((unsigned long long)unit_size);
    return true;
}

void
arena_use_huge_pages(bool wanted)
{
    atomic_store_explicit(&uses_huge_pages, wanted, memory_order_relaxed);
}

void
arena_lock(void)
{
    pthread_mutex_lock(&lock);
}

void
arena_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* ---- segments ---- */

Block *
arena_look_up(const void *memory)
{
    uintptr_t address = (uintptr_t)memory;
    assert((address & NO_BLOCK_BITS) == 0);
    Block *_Atomic *table = atomic_load_explicit(&segments, memory_order_acquire);
    if (UNLIKELY(table == NULL)) {
        return NULL;
    }
    Block *pages = atomic_load_explicit(&table[address >> SEGMENT_SHIFT], memory_order_acquire);
    if (pages == NULL) {
        return NULL;
    }
    Block *block = &pages[(address & (SEGMENT_SIZE - 1)) >> unit_shift];
    return atomic_load_explicit(&block->memory, memory_order_relaxed) == memory ? block : NULL;
}

/* Give the pages and the address space from `start` to `end` back to the system. With the lock held. */
static bool
unmap(char *start, char *end)
{
    if (start == end || munmap(start, (size_t)(end - start)) != 0) {
        return false; /* the second where the system has no room for the two mappings that remain */
    }
    mapped -= (size_t)(end - start);
    return true;
}

static void
unmap_reserve(Reserve *reserve)
{
    if (unmap(reserve->next, reserve->end)) {
        *reserve = (Reserve){NULL, NULL};
    }
}

/* Give back the address space that no array and no depot uses. With the lock held. */
static COLD void
unmap_unused(void)
{
    unmap_reserve(&small);
    unmap_reserve(&large);
    for (unsigned i = 0; i < SIZE_CLASSES; i++) {
        Block *block = vacant[i], *kept = NULL;
        while (block != NULL) {
            Block *next = block->next;
            char *memory = block->memory;
            block->memory = NULL; /* first: another allocator may get the address at once */
            if (!unmap(memory, memory + size_class_bytes(i))) {
                block->memory = memory;
                block->next = kept;
                kept = block;
            }
            block = next;
        }
        vacant[i] = kept;
    }
}

/* How much address space this process may still map: 0 if there is a limit and the used part is unknown. */
static size_t
address_space_left(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return SIZE_MAX;
    }
    size_t used = SIZE_MAX;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file != NULL) {
        unsigned long pages;
        used = fscanf(file, "%lu", &pages) == 1 ? pages * (size_t)sysconf(_SC_PAGESIZE) : SIZE_MAX;
        fclose(file);
    }
    return used < limit.rlim_cur ? limit.rlim_cur - used : 0;
}

/* Whether the arena may map `size` more bytes: twice its size has to remain free for the rest of the program. */
static bool
may_map(size_t size)
{
    return mapped + size <= address_space_left() / 2;
}

/* Reserve the table of segments, if it does not exist yet. With the lock held. */
static bool
has_table(void)
{
    if (segments == NULL) {
        segments = reserve_pages(SEGMENTS * sizeof(*segments));
    }
    return segments != NULL;
}

/* Give each segment from `start` on its records. Records of returned segments are reused. With the lock held. */
static bool
has_records(const char *start, size_t count)
{
    for (Block *_Atomic *place = &segments[(uintptr_t)start >> SEGMENT_SHIFT]; count != 0; count--, place++) {
        if (atomic_load_explicit(place, memory_order_relaxed) == NULL) {
            atomic_store_explicit(
                place, reserve_pages((SEGMENT_SIZE >> unit_shift) * sizeof(Block)), memory_order_release);
        }
        if (atomic_load_explicit(place, memory_order_relaxed) == NULL) {
            return false;
        }
    }
    return true;
}

/* Reserve segments for `size` bytes in all. False where there is no address space. With the lock held. */
static COLD bool
add_segments(Reserve *reserve, size_t size)
{
    size_t wanted = (size + SEGMENT_SIZE - 1) & ~(SEGMENT_SIZE - 1);
    if (!may_map(wanted + SEGMENT_SIZE)) {
        unmap_unused();
        if (!may_map(wanted + SEGMENT_SIZE)) {
            return false;
        }
    }
    char *found = has_table() ? reserve_pages(wanted + SEGMENT_SIZE) : NULL;
    if (found == NULL) {
        return false;
    }
    char *start = (char *)(((uintptr_t)found + SEGMENT_SIZE - 1) & ~(uintptr_t)(SEGMENT_SIZE - 1));
    if (((uintptr_t)start + wanted) >> 48 != 0 || !has_records(start, wanted >> SEGMENT_SHIFT)) {
        munmap(found, wanted + SEGMENT_SIZE);
        return false;
    }
    if (start != found) {
        munmap(found, (size_t)(start - found));
    }
    if (start != found + SEGMENT_SIZE) {
        munmap(start + wanted, (size_t)(found + SEGMENT_SIZE - start));
    }
    mapped += wanted;
    unmap_reserve(reserve);
    *reserve = (Reserve){start, start + wanted};
    return true;
}

/* A block that was never used, or NULL. With the lock held. */
static COLD Block *
carve(unsigned size_class)
{
    size_t size = size_class_bytes(size_class);
    Reserve *reserve = size < LARGE ? &small : &large; /* apart, so that small ones do not break up huge pages */
    size_t alignment = size < HUGE_FROM ? unit_size : HUGE_PAGE;
    char *start = (char *)(((uintptr_t)reserve->next + alignment - 1) & ~(uintptr_t)(alignment - 1));
    if (reserve->next == NULL || start > reserve->end || (size_t)(reserve->end - start) < size) {
        if (!add_segments(reserve, size)) {
            return NULL;
        }
        start = reserve->next;
    }
    reserve->next = start + size;
    Block *pages = atomic_load_explicit(&segments[(uintptr_t)start >> SEGMENT_SHIFT], memory_order_relaxed);
    Block *block = &pages[((uintptr_t)start & (SEGMENT_SIZE - 1)) >> unit_shift];
    block->memory = start;
    block->size_class = (uint8_t)size_class;
#ifdef MADV_HUGEPAGE
    if (size >= HUGE_FROM && atomic_load_explicit(&uses_huge_pages, memory_order_relaxed)) {
        madvise(start, size & ~(HUGE_PAGE - 1), MADV_HUGEPAGE); /* not the rest: a huge page there would waste memory */
    }
#endif
    return block;
}

/* ---- blocks ---- */

Block *
arena_take(unsigned size_class)
{
    arena_lock();
    Block *block = vacant[size_class];
    if (block != NULL) {
        vacant[size_class] = block->next;
    }
    else {
        block = carve(size_class);
    }
    arena_unlock();
    if (block != NULL) {
        atomic_store_explicit(&block->state, BLOCK_IN_USE, memory_order_relaxed);
    }
    return block;
}

void
arena_shrink(void)
{
    arena_lock();
    unmap_unused();
    arena_unlock();
}

void
arena_empty(Block *block)
{
    size_t size = size_class_bytes(block->size_class);
    bool is_empty = madvise(block->memory, size, MADV_DONTNEED) == 0;
#if !defined(__linux__)
    is_empty = mmap(block->memory, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
               == block->memory; /* elsewhere, the advice does not promise zeros */
#endif
    if (UNLIKELY(!is_empty)) {
        memset(block->memory, 0, size); /* the pages are locked in memory */
    }
}

void
arena_vacate(Block *block)
{
    arena_empty(block);
    atomic_store_explicit(&block->state, BLOCK_VACANT, memory_order_relaxed);
    arena_lock();
    block->next = vacant[block->size_class];
    vacant[block->size_class] = block;
    arena_unlock();
}

bool
arena_is_resident(const Block *block)
{
    size_t pages = size_class_bytes(block->size_class) / unit_size;
    unsigned found = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        unsigned char resident[1] = {0};
        char *page = block->memory + (pages - 1) * i / (SAMPLES - 1) * unit_size;
#if defined(__APPLE__)
        found += mincore(page, unit_size, (char *)resident) == 0 && (resident[0] & 1) != 0;
#else
        found += mincore(page, unit_size, resident) == 0 && (resident[0] & 1) != 0;
#endif
    }
    return found > SAMPLES / 2;
}
