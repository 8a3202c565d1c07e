#include "pool/hook_table.h"

enum { FIRST_BITS = 8 };

/* Static, since deallocs have no module to ask. */
static HookEntry first_table[1 << FIRST_BITS];
HookEntry *hook_table = first_table;
size_t hook_mask = (1 << FIRST_BITS) - 1;
int hook_shift = 64 - FIRST_BITS;
static size_t hook_count;

/* Insert an entry into the first free place of its run. At least one place is free. */
static void
place(HookEntry entry)
{
    size_t i = hook_place(entry.type);
    while (hook_table[i].type != NULL) {
        i = (i + 1) & hook_mask;
    }
    hook_table[i] = entry;
}

/* Move all entries into a new table of twice the size. False, without an exception, where there is no memory. */
static bool
enlarge(void)
{
    size_t former_size = hook_mask + 1, size = former_size * 2;
    HookEntry *former = hook_table, *table = PyMem_Calloc(size, sizeof(HookEntry));
    if (table == NULL) {
        return false;
    }
    hook_table = table;
    hook_mask = size - 1;
    hook_shift--;
    for (size_t i = 0; i < former_size; i++) {
        if (former[i].type != NULL) {
            place(former[i]);
        }
    }
    if (former != first_table) {
        PyMem_Free(former);
    }
    return true;
}

bool
hook_table_add(Hook *hook)
{
    if ((hook_count + 1) * 8 > hook_mask + 1 && !enlarge()) {
        return false;
    }
    place((HookEntry){hook->type, hook});
    hook_count++;
    return true;
}

/* Remove the entry of a hook. This needs no memory: an entry that stays would hide a later class at the same address. */
static void
table_remove(const Hook *hook)
{
    size_t gap = hook_place(hook->type);
    while (hook_table[gap].hook != hook) {
        gap = (gap + 1) & hook_mask;
    }
    /* Close the gap: an entry behind it moves up, unless it is in its own place. */
    for (size_t i = (gap + 1) & hook_mask; hook_table[i].type != NULL; i = (i + 1) & hook_mask) {
        size_t wanted = hook_place(hook_table[i].type);
        if (((i - wanted) & hook_mask) >= ((i - gap) & hook_mask)) {
            hook_table[gap] = hook_table[i];
            gap = i;
        }
    }
    hook_table[gap] = (HookEntry){NULL, NULL};
    hook_count--;
}

static void
release_store(void *argument)
{
    Hook *hook = argument;
    if (hook->own_store != NULL) {
        hook->own_store = NULL;
        table_remove(hook);
    }
}

void
hook_release_store(Hook *hook)
{
    if (hook->own_store != NULL) {
        lock_run_exclusive(release_store, hook);
        overrides_clear(&hook->overrides);
    }
}
