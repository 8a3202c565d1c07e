"""Profiles: what `advise` records about the classes of a program."""
