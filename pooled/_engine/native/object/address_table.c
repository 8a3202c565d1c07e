#include "object/address_table.h"

enum { FIRST_BITS = 6 };

/* Make room for one more entry. False, without an exception, where there is no memory. */
static bool
reserve(AddressTable *table)
{
    size_t size = table->entries == NULL ? 0 : (size_t)1 << table->bits;
    if ((table->count + 1) * 2 <= size) {
        return true;
    }
    AddressTable larger = {NULL, table->count, size == 0 ? FIRST_BITS : table->bits + 1};
    larger.entries = PyMem_RawCalloc((size_t)1 << larger.bits, sizeof(Entry));
    if (larger.entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (table->entries[i].key != NULL) {
            *address_table_look(&larger, table->entries[i].key) = table->entries[i];
        }
    }
    PyMem_RawFree(table->entries);
    *table = larger;
    return true;
}

bool
address_table_add(AddressTable *table, Entry entry)
{
    if (!reserve(table)) {
        return false;
    }
    *address_table_look(table, entry.key) = entry;
    table->count++;
    return true;
}

void
address_table_remove(AddressTable *table, Entry *entry)
{
    size_t mask = ((size_t)1 << table->bits) - 1;
    size_t hole = (size_t)(entry - table->entries);
    /* Entries behind the hole move into it, where else they could not be reached from their first place. */
    for (size_t i = (hole + 1) & mask; table->entries[i].key != NULL; i = (i + 1) & mask) {
        if (((i - address_table_place(table, table->entries[i].key)) & mask) >= ((i - hole) & mask)) {
            table->entries[hole] = table->entries[i];
            hole = i;
        }
    }
    table->entries[hole].key = NULL;
    if (--table->count == 0) {
        PyMem_RawFree(table->entries);
        *table = (AddressTable){NULL, 0, 0};
    }
}

void
address_table_remove_all(AddressTable *table, const struct ClassCounter *counter)
{
    for (size_t i = 0; table->count != 0 && i < (size_t)1 << table->bits; i++) {
        /* Another entry may move into the place of a removed one. */
        while (table->count != 0 && table->entries[i].key != NULL && table->entries[i].counter == counter) {
            address_table_remove(table, &table->entries[i]);
        }
    }
}
