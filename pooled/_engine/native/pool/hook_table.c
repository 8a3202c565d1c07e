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

/* Move all entries except that of `without` into a new table, of the same size or `larger`, twice the size. False, without
   an exception, where there is no memory. */
static bool
rebuild(bool larger, PyTypeObject *without)
{
    size_t former_size = hook_mask + 1, size = larger ? former_size * 2 : former_size;
    HookEntry *former = hook_table, *table = PyMem_Calloc(size, sizeof(HookEntry));
    if (table == NULL) {
        return false;
    }
    hook_table = table;
    hook_mask = size - 1;
    hook_shift -= larger;
    for (size_t i = 0; i < former_size; i++) {
        if (former[i].type != NULL && former[i].type != without) {
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
    if ((hook_count + 1) * 8 > hook_mask + 1 && !rebuild(true, NULL)) {
        return false;
    }
    place((HookEntry){hook->type, hook});
    hook_count++;
    return true;
}

static void
table_remove(Hook *hook)
{
    hook_count--;
    if (!rebuild(false, hook->type)) {
        hook_count++; /* others may be behind the entry: it stays, without a hook */
        for (size_t i = 0; i <= hook_mask; i++) {
            if (hook_table[i].type == hook->type) {
                hook_table[i].hook = NULL;
            }
        }
    }
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
