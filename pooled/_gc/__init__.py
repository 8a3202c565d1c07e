"""The cyclic garbage collector: its settings, its pauses, and the objects that trigger it."""
