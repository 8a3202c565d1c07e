"""The warning about methods that version 0.1.0 called as hooks because of their names."""

from __future__ import annotations

from pooled._plan.hooks import Hooks, unnamed_hooks


def warn_of_unnamed_hooks(cls: type, hooks: Hooks, code: str) -> None:
    """Warn if `cls` has a method called `reset` or `capacity`, and nothing says whether it is a hook.

    Args:
        cls: the class.
        hooks: the hooks that the caller names.
        code: the code to write, with `{}` in the place of the arguments that name hooks.
    """
    unnamed = unnamed_hooks(cls, hooks)
    if not unnamed:
        return
    from pooled._deprecation import warn_deprecated  # here, since a program that is up to date does not need it

    named = code.format(", ".join(f'{key}="{key}"' for key in unnamed))
    none = code.format(", ".join(f"{key}=None" for key in unnamed))
    method, it_is_one = ("methods", "they are hooks") if len(unnamed) > 1 else ("method", "it is a hook")
    warn_deprecated(
        f"{cls.__qualname__}: since pooled 0.2.0 a pool calls only hooks that are named, so not the {method} "
        f"{' and '.join(unnamed)}; write {named} if {it_is_one}, or {none} if not"
    )
