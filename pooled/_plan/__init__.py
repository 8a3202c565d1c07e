"""Plans: how the objects of a class are constructed, emptied and measured."""
