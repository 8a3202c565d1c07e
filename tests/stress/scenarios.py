"""All scenarios, subject by subject."""

from . import (
    changes,
    classes,
    deep,
    exits,
    forks,
    hooks,
    interpreters,
    memory,
    moving,
    owners,
    plans,
    processes,
    threads,
    tracing,
    weak,
)
from .scenario import ALL

SUBJECTS = (
    owners,
    threads,
    forks,
    processes,
    interpreters,
    exits,
    hooks,
    memory,
    tracing,
    deep,
    classes,
    changes,
    weak,
    plans,
    moving,
)

__all__ = ["ALL", "SUBJECTS"]
