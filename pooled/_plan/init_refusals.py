"""Refusals: the reasons why C cannot carry out an instruction of an `__init__`, in words for the user."""

from __future__ import annotations

from typing import Final

_REASONS: Final = (
    (("FOR_ITER", "GET_ITER", "JUMP_BACKWARD", "LOAD_FAST_AND_CLEAR"), "it has a loop or a comprehension"),
    (("CALL_FUNCTION_EX",), "it calls something with *args or **kwargs"),
    (("COMPARE_OP", "CONTAINS_OP"), "it compares values"),
    (("BINARY_", "UNARY_", "TO_BOOL", "POP_JUMP"), "it computes a value or tests its truth"),
    (("JUMP_IF_",), "it computes a value or tests its truth"),
    (("FORMAT_", "BUILD_STRING", "CONVERT_"), "it formats a string"),
    (("BUILD_", "LIST_", "SET_", "MAP_", "DICT_"), "it makes a container that is not empty"),
    (("RAISE_", "RERAISE", "LOAD_ASSERTION", "CHECK_EXC"), "it may raise an exception"),
    (("IMPORT_",), "it imports a module"),
    (("MAKE_FUNCTION", "MAKE_CELL", "LOAD_CLOSURE"), "it defines a function, or has a comprehension"),
    (("STORE_GLOBAL", "DELETE_"), "it deletes something, or assigns a global variable"),
    (("BEFORE_WITH", "LOAD_SPECIAL", "SETUP_", "PUSH_EXC"), "it has a with or try statement"),
    (("UNPACK_",), "it unpacks a value"),
)

_GENERATED: Final = (
    ("__attr_converter_", "the field {!r} has a converter"),
    ("__attr_validator_", "the field {!r} has a validator"),
    ("__attr_factory_", "a function makes the default of the field {!r}"),
    ("__dataclass_dflt_", "a function makes the default of the field {!r}"),
    ("_dflt_", "a function makes the default of the field {!r}"),
)
"""Names in the `__init__` that attrs and dataclasses generate, which are followed by the name of a field."""


def refused_instruction(name: str) -> str:
    """Why an instruction is refused."""
    for prefixes, reason in _REASONS:
        if name.startswith(prefixes):
            return reason
    return "it does more than assign arguments, constants and empty containers"


def refused_call(name: str) -> str:
    """The reason why a call of the object with this name is refused."""
    for prefix, reason in _GENERATED:
        if name.startswith(prefix):
            return reason.format(name.removeprefix(prefix).removesuffix("__"))
    return f"it calls {name}"


def refused_attribute(owner: str, name: str) -> str:
    """The reason why reading the attribute of an object is refused."""
    if owner == "self" and name in ("__post_init__", "__attrs_post_init__", "__attrs_pre_init__"):
        return f"it calls {name}"
    if owner == "_config" and name == "_run_validators":
        return "a field has a validator"
    return f"it reads {owner}.{name}"
