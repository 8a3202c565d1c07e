"""Profiles: what `advise` records about the classes of a program, and the advice that it derives."""
