"""Python processes that a program starts: how `run` and `advise` reach them. This folder is first on their path."""
