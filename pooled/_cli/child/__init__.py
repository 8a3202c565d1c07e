"""Python processes that a program starts: how `run` and `advise` get into them. This folder is on their path first."""
