/* Address tables: what is known of classes or objects, by their address. The caller holds a lock. */

#ifndef POOLED_ADDRESS_TABLE_H
#define POOLED_ADDRESS_TABLE_H

#include "base/compat.h"

/* The counter of a class, or of a sampled object and what is known of that. */
typedef struct {
    const void *key;              /* the address; NULL: a free place */
    struct ClassCounter *counter; /* borrowed */
    Py_ssize_t weight;            /* the number of objects that the sample stands for */
    int64_t created;              /* in nanoseconds */
    unsigned long thread;         /* that created it */
} Entry;

/* With open addressing. At most half of the places are in use. An empty table owns no memory. */
typedef struct {
    Entry *entries;
    size_t count;
    int bits; /* there are 1 << bits places, if any */
} AddressTable;

/* The first index to look at: the upper bits of a product, which depend on all bits of the address. */
static inline size_t
address_table_place(const AddressTable *table, const void *key)
{
    return (size_t)(((uint64_t)(uintptr_t)key * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - table->bits));
}

/* The entry of a key, or the free place for it. There is a free place. */
static inline Entry *
address_table_look(const AddressTable *table, const void *key)
{
    size_t mask = ((size_t)1 << table->bits) - 1;
    size_t i = address_table_place(table, key);
    while (table->entries[i].key != NULL && table->entries[i].key != key) {
        i = (i + 1) & mask;
    }
    return &table->entries[i];
}

/* The entry of a key, or NULL. */
static inline Entry *
address_table_find(const AddressTable *table, const void *key)
{
    if (table->count == 0) {
        return NULL;
    }
    Entry *entry = address_table_look(table, key);
    return entry->key != NULL ? entry : NULL;
}

/* Insert an entry whose key is not in the table. False, without an exception, where there is no memory. */
bool address_table_add(AddressTable *table, Entry entry);

void address_table_remove(AddressTable *table, Entry *entry);

/* Remove all entries of a counter. */
void address_table_remove_all(AddressTable *table, const struct ClassCounter *counter);

#endif
