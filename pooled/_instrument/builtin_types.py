"""The builtin containers that a shim can replace. Apart from the shims, which need `wrapt`: it takes long to load."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

BUILTINS: Final[Mapping[str, type]] = MappingProxyType({cls.__name__: cls for cls in (list, dict, set, bytearray)})
"""These containers, by name."""
