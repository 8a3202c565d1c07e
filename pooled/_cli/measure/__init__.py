"""Runs a program with and without what `advise` found, and keeps what makes it faster."""
