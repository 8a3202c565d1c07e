"""The choice of the engine, which hooks classes and parks their objects.

An engine is a module with the names below. Each pool has one `Store`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pooled import _config
from pooled._config.command_errors import end_command

__all__ = [
    "HookedType",
    "Store",
    "built_for",
    "check_hookable",
    "detach",
    "gc_callback",
    "handles",
    "hands_out",
    "hook",
    "hookable",
    "in_c",
    "keeps_capacity",
    "name",
    "orphan",
    "store_of",
    "when_memory_is_short",
    "why",
]

why: str | None = f"POOLED_ENGINE={_config.current.engine}" if _config.current.engine in ("reference", "off") else None
"""Why another engine than the native one runs; None if the native one runs."""

if TYPE_CHECKING or _config.current.engine == "reference":
    from pooled._engine.reference import store as chosen
elif _config.current.engine == "off":
    from pooled._engine import off as chosen
else:
    try:
        from pooled._engine import native as chosen
    except ImportError as error:
        if _config.current.engine == "native":
            not_built = ImportError(
                f"POOLED_ENGINE='native': it was not built, or not for this Python ({error}); install pooled where "
                "there is a C compiler, unset the variable, or set it to 'reference' or 'off'"
            )
            end_command(not_built)
            raise not_built from error
        why = str(error)
        from pooled._engine.reference import store as chosen

if TYPE_CHECKING:
    HookedType = type  # to a type checker, a call makes an object of the class, with the parameters of __init__
else:
    HookedType = chosen.HookedType
Store = chosen.Store
if _config.current.debug and chosen.name == "reference":
    from pooled._engine.reference.debug import DebugStore as Store
built_for = chosen.built_for
check_hookable = chosen.check_hookable
detach: Callable[[Any], None] = chosen.detach
if _config.current.debug:
    from pooled._engine.reference.debug import forgetting

    detach = forgetting(chosen.detach)
gc_callback: Callable[[Callable[[str, dict[str, int]], None], int], Callable[..., object]] = chosen.gc_callback
handles: Callable[..., tuple[type, type, type]] | None = getattr(chosen, "handles", None)
"""Makes the classes `Arc`, `TArc` and `Weak`; None where the engine has none of its own."""
hands_out = chosen.hands_out
hook = chosen.hook
hookable = chosen.hookable
in_c = chosen.in_c
keeps_capacity = chosen.keeps_capacity
name = chosen.name
orphan = chosen.orphan
store_of = chosen.store_of
when_memory_is_short: Callable[[Callable[[], object]], None] = chosen.when_memory_is_short
