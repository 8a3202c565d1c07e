"""The engine: whatever hooks classes and parks their objects. This file picks it, and nothing else does.

An engine is a module with the names below. A `Store` is what stands behind one pool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pooled import _config

if TYPE_CHECKING or _config.current.engine in (None, "reference"):
    from pooled._engine.reference import (
        HookedType,
        Store,
        detach,
        hands_out,
        hook,
        hookable,
        name,
        orphan,
        store_of,
    )
elif _config.current.engine == "off":
    from pooled._engine.off import (
        HookedType,
        Store,
        detach,
        hands_out,
        hook,
        hookable,
        name,
        orphan,
        store_of,
    )
else:
    raise ImportError(
        f"POOLED_ENGINE={_config.current.engine!r}: this build of pooled has no native engine; "
        "unset it, or set it to 'reference' or 'off'"
    )

__all__ = ["HookedType", "Store", "detach", "hands_out", "hook", "hookable", "name", "orphan", "store_of"]
