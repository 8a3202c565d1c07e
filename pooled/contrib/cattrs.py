"""Hooks with which cattrs structures the containers of `pooled.containers`, and unstructures them.

    from cattrs.preconf.json import make_converter
    from pooled.containers import List
    from pooled.contrib.cattrs import configure

    converter = make_converter()
    configure(converter)
    numbers = converter.structure([1, 2], List[int])

Each container comes from its pool. The converter's hooks for the builtin type structure and unstructure its items, and
locate errors, as for the builtin type. `ByteArray` is treated as `bytes`.
"""

from __future__ import annotations

import collections
import typing
from collections.abc import Callable
from types import GenericAlias
from typing import Any, Final

from pooled import containers
from pooled._field_types import builtin_annotation, builtin_of, class_of, default_factory_of, make, to_builtin

try:
    from cattrs import BaseConverter
except ImportError as _error:
    raise ImportError(
        "pooled.contrib.cattrs needs cattrs, which is not installed: pip install 'pooled-objects[cattrs]'"
    ) from _error

__all__ = ["configure"]

_CONTAINERS: Final = tuple(
    getattr(containers, name) for name in containers.__all__ if builtin_of(getattr(containers, name)) is not None
)


def configure(converter: BaseConverter) -> None:
    """Register hooks for the containers and their subclasses. A subclass is called with the content.

    Call it after the hooks of item types are registered: cattrs caches the hook of a type once it was used.
    """

    def structuring(annotation: Any) -> Callable[[Any, Any], Any]:
        known, cls = _known(annotation), class_of(annotation)
        factory = default_factory_of(known) if class_of(known) is collections.defaultdict else None
        if factory is not None:
            known = GenericAlias(dict, typing.get_args(known))
        structure = converter.get_structure_hook(known)

        def hook(value: Any, _: Any) -> Any:
            content = structure(value, known)
            if factory is not None:
                content = collections.defaultdict(factory, content)
            return make(cls, content)

        return hook

    def unstructuring(annotation: Any) -> Callable[[Any], Any]:
        known = _known(annotation)
        unstructure = converter.get_unstructure_hook(known)
        convert = bytes if known is bytes else to_builtin
        return lambda container: unstructure(convert(container))

    converter.register_structure_hook_factory(_is_container, structuring)
    converter.register_unstructure_hook_factory(_is_container, unstructuring)


def _is_container(annotation: Any) -> bool:
    cls = class_of(annotation)
    return isinstance(cls, type) and issubclass(cls, _CONTAINERS)


def _known(annotation: Any) -> Any:
    """The annotation of the builtin type that cattrs supports, for that of a container."""
    builtin = builtin_annotation(annotation)
    return bytes if builtin is bytearray else builtin
