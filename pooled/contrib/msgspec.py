"""Hooks with which msgspec decodes into the containers of `pooled.containers`, and encodes them.

    import msgspec
    from pooled.containers import Dict, List
    from pooled.contrib.msgspec import dec_hook, enc_hook

    class Order(msgspec.Struct):
        lines: List[int]
        prices: Dict[str, float]

    decoder = msgspec.json.Decoder(Order, dec_hook=dec_hook)
    encoder = msgspec.json.Encoder(enc_hook=enc_hook)

Each container comes from its pool, and its items are validated like those of the builtin type. It is encoded like the
builtin type; `Deque` like a list, `ByteArray` like a `bytearray`. The native engine's `List`, `Dict` and `Set` need no
`enc_hook`.

Cost: msgspec decodes the content into builtin objects; the hook converts the items, and copies them into the
container. This takes a few microseconds per container, and additionally half of the time that msgspec takes for the
items. Use it if the rest of the program gains from the containers.
"""

from __future__ import annotations

import collections
import functools
import typing
from collections.abc import Callable
from types import GenericAlias
from typing import Any, Final, TypeAlias

from pooled import containers
from pooled._field_types import builtin_annotation, builtin_of, class_of, default_factory_of, make

try:
    import msgspec as stock
except ImportError as _error:
    raise ImportError(
        "pooled.contrib.msgspec needs msgspec, which is not installed: pip install 'pooled-objects[msgspec]'"
    ) from _error

__all__ = ["dec_hook", "enc_hook", "make_dec_hook", "make_enc_hook", "schema_hook"]

_DECODED: Final = frozenset({bytearray, bytes, dict, list, set, str, tuple})
"""The types of the objects that msgspec decodes for a container."""

DecHook: TypeAlias = Callable[[Any, Any], Any]
EncHook: TypeAlias = Callable[[Any], Any]

_CONTAINERS: Final = tuple(
    getattr(containers, name) for name in containers.__all__ if builtin_of(getattr(containers, name)) is not None
)


_KEY: Final = "key in "
"""The text before the location of a dict with a wrong key."""


class _ItemError(ValueError):
    """The error of an item. msgspec adds the location of the container, and turns it into a ValidationError."""

    def __init__(self, reason: str, where: str) -> None:
        super().__init__(f"{reason} (at `{where.removesuffix(' in ')}`)")
        self.reason, self.where = reason, where


def make_dec_hook(
    fallback: DecHook | None = None, *, strict: bool = True, str_keys: bool = True, from_attributes: bool = False
) -> DecHook:
    """Make a `dec_hook` for decoders with a hook or with options of their own.

    Args:
        fallback: the hook for other types, also for the items of containers.
        strict: as in `msgspec.convert`; pass the value of the decoder.
        str_keys: whether a string key can become a number, as in JSON. Use False for strict MessagePack.
        from_attributes: as in `msgspec.convert`; pass the value of that call.

    Returns:
        A function of a type and of decoded builtin objects, which returns an object of the type. It raises
        `NotImplementedError` for a type that neither it nor the fallback supports.
    """

    def hook(type: Any, obj: Any) -> Any:  # noqa: A002 (msgspec's word for it)
        cls, box, factory = _known(type)
        if box is None:
            if fallback is None:
                raise NotImplementedError(f"Objects of type {type!r} are not supported")
            return fallback(type, obj)
        try:
            content = stock.convert(
                (_as_known(obj),),
                box,
                strict=strict,
                str_keys=str_keys,
                from_attributes=from_attributes,
                dec_hook=hook,
            ).content
        except stock.ValidationError as error:
            raise _located(error) from None
        if factory is not None:
            content = collections.defaultdict(factory, content)
        return make(cls, content)

    return hook


def make_enc_hook(fallback: EncHook) -> EncHook:
    """Make an `enc_hook` that calls another one for objects that are not containers of `pooled.containers`."""

    def hook(obj: Any) -> Any:
        return _as_known(obj) if _is_container(obj.__class__) else fallback(obj)

    return hook


_dec_hook: Final = make_dec_hook()


def dec_hook(type: Any, obj: Any) -> Any:  # noqa: A002 (msgspec's word for it)
    """Convert decoded builtin objects into a container from its pool; for strict decoders without another hook.

    Raises:
        NotImplementedError: the type is no container of `pooled.containers`.
        ValueError: an item is not valid. msgspec turns it into a `ValidationError`, and adds the location of the
            container.
    """
    return _dec_hook(type, obj)


def enc_hook(obj: Any) -> Any:
    """Return the builtin object to encode in place of a container.

    Raises:
        NotImplementedError: the object is no container of `pooled.containers`.
    """
    if not _is_container(obj.__class__):
        raise NotImplementedError(f"Objects of type {obj.__class__!r} are not supported")
    return _as_known(obj)


def schema_hook(type: Any) -> dict[str, Any]:  # noqa: A002 (msgspec's word for it)
    """Return the JSON schema of a container, for `msgspec.json.schema`.

    It does not describe the items, because msgspec passes the class without its parameters. `msgspec.Meta` can add
    them: `Annotated[List[int], Meta(extra_json_schema={"items": {"type": "integer"}})]`.

    Raises:
        NotImplementedError: the type is no container of `pooled.containers`.
    """
    if not _is_container(class_of(type)):
        raise NotImplementedError(f"Objects of type {type!r} are not supported")
    return stock.json.schema(_builtin_known(builtin_annotation(type)))


def _is_container(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, _CONTAINERS)


@functools.lru_cache(maxsize=1024)
def _known(annotation: Any) -> tuple[Any, Any, Callable[[], Any] | None]:
    """The class of an annotation; for a container, a Struct whose one field has its content, and the default factory.

    msgspec caches its information about a Struct, but would inspect any other type at each call of `convert`.
    """
    cls = class_of(annotation)
    if not _is_container(cls):
        return cls, None, None
    builtin = builtin_annotation(annotation)
    box = stock.defstruct("Box", [("content", _builtin_known(builtin))], array_like=True, gc=False)
    factory = default_factory_of(builtin) if class_of(builtin) is collections.defaultdict else None
    return cls, box, factory


def _builtin_known(builtin: Any) -> Any:
    """The annotation that msgspec supports for that of a builtin type."""
    cls, arguments = class_of(builtin), typing.get_args(builtin)
    if cls is collections.deque:
        return GenericAlias(list, arguments)
    if cls is collections.Counter:
        return GenericAlias(dict, (*arguments, int))
    return GenericAlias(dict, arguments) if issubclass(cls, dict) else builtin


def _as_known(obj: Any) -> Any:
    """A container as the builtin type that msgspec supports; any other object itself."""
    if type(obj) in _DECODED:
        return obj
    builtin = builtin_of(obj.__class__)
    if builtin is None:
        return obj
    if builtin is collections.deque:
        return list(obj)
    return builtin(obj) if builtin in (bytearray, list, set) else dict(obj)


def _located(error: stock.ValidationError) -> ValueError:
    """The error with the location relative to the container."""
    text, cause = str(error), error.__cause__
    if isinstance(cause, _ItemError):  # it is from a container in this one
        outer, inner = _path(text[len(str(cause)) :]), cause.where
        is_key = inner.startswith(_KEY)
        return _ItemError(cause.reason, _KEY * is_key + outer + inner[len(_KEY) * is_key :])
    reason, separator, location = text.rpartition(" - at `")
    path = _path(separator + location)
    return _ItemError(reason, path) if path else ValueError(reason)


def _path(location: str) -> str:
    """`[1]` for the location `$[0][1]` in a box, in a text of msgspec."""
    return location.removeprefix(" - at ").replace("`", "").replace("$[0]", "", 1)
