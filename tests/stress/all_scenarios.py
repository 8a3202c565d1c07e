"""All scenarios, by subject."""

from . import (
    array_memory,
    class_changes,
    class_deaths,
    construction,
    deep_chains,
    forks,
    hand_overs,
    hooks,
    interpreter_exit,
    interpreters,
    memory_errors,
    no_memory,
    ownership,
    plan_changes,
    processes,
    threads,
    tracing,
    transfers,
    weak_references,
)
from .scenario import ALL

SUBJECTS = (
    ownership,
    threads,
    hand_overs,
    forks,
    processes,
    interpreters,
    interpreter_exit,
    hooks,
    no_memory,
    memory_errors,
    tracing,
    deep_chains,
    class_deaths,
    construction,
    class_changes,
    weak_references,
    plan_changes,
    transfers,
    array_memory,
)

__all__ = ["ALL", "SUBJECTS"]
