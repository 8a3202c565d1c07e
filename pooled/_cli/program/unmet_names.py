"""The names of classes, on the command line and in the configuration, that matched nothing in a program."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from pooled import _config


def unmet_names(instrumented: Iterable[str]) -> list[str]:
    """Sentences for the report of a command, instead of warnings at exit.

    Args:
        instrumented: the targets of classes that were to be made poolable.
    """
    wanted = [target for target in instrumented if target not in _config.current.matched]
    imported = [target for target in wanted if _was_imported(target)]
    never = [target for target in wanted if not _was_imported(target)]
    sentences = [f"these were never imported: {', '.join(never)}"] if never else []
    if imported or _config.current.names_classes:
        from pooled._instrument.unmatched import unmatched, warn_no_more  # here, since few programs name a class

        warn_no_more()
        sentences += unmatched(imported)
    return sentences


def _was_imported(target: str) -> bool:
    """Whether the module was imported, or its import failed because the class cannot be poolable."""
    return target.partition(":")[0] in sys.modules or target in _config.current.refused
