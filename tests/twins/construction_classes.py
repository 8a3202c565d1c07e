"""Source text of random classes with constructors of all kinds: dataclasses, attrs, and assignments of every shape.

The text of a class is the same for both twins: the name `poolable` is a decorator that makes a class poolable for one of
them, and returns it for the other.
"""

import textwrap

from twins.construction_fields import attrs_of, dataclass_of
from twins.construction_plain import plain
from twins.construction_shape import Draw, Shape


def random_shape(rng: Draw) -> Shape:
    """A random class `C`, with its bases."""
    rng.calm = rng.random() < 0.7
    make = rng.choice([plain, plain, plain, dataclass_of, dataclass_of, attrs_of, attrs_of])
    bases: list[Shape] = []
    kind = rng.random()
    if kind < 0.3:
        bases = [make(rng, "B", [])]
    elif kind < 0.4:
        root = make(rng, "A", [])
        bases = [make(rng, "B", [root])]
    elif kind < 0.47:  # a diamond
        root = make(rng, "A", [])
        bases = [make(rng, "B", [root]), make(rng, "E", [root])]
    shape = make(rng, "C", bases)
    if make is plain and rng.random() < 0.15:
        shape.text = in_function(shape.text)
    seen: list[str] = []
    for each in [*(deep for base in bases for deep in base.bases), *bases]:
        text = each if isinstance(each, str) else each.text
        if text not in seen:
            seen.append(text)
    for base in bases:
        base.bases = []
    shape.text = "\n".join([*seen, shape.text])
    shape.bases = [name for name in ("A", "B", "E") if f"class {name}(" in shape.text]
    return shape


def in_function(text: str) -> str:
    """A class in a function, whose variables it uses."""
    body = textwrap.indent(text, "    ")
    return f"def make_class(free, other):\n    def change(value):\n        nonlocal free\n        free = value\n\n{body}\n    return C, change\nC, change = make_class(5, None)\n"
