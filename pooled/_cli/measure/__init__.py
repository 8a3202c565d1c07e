"""Runs a program with and without the settings that `advise` found, and keeps those that make it faster."""
