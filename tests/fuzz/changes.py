"""Changes of the class between constructions. Each changes what a call does from then on, on both engines."""

from fuzz.random_classes import inits
from fuzz.steps import seen


def is_possible(shape, way):
    """Whether a class can be changed in this way without a difference by design between the engines."""
    if way in ("init", "code"):
        return shape.family == "plain"
    if way in ("setattr", "no setattr"):
        return not shape.frozen
    if way in ("property", "no property"):
        # If a property replaces a slot and is deleted, the slot is lost on the engine that changes the class itself.
        return shape.family == "plain" and not shape.has_slots
    if way in ("wrap", "restore", "defaults"):
        return shape.is_of_fields or shape.family == "plain"
    return way != "cell" or shape.family == "dataclass"


@seen
def change(side, way):
    """Change the class."""
    CHANGES[way](side)


def tag(side):
    side.cls.tag = len(side.alive)


def defaults(side):
    init = side.cls.__init__
    init.__defaults__ = tuple(7 for _ in init.__defaults__ or ()) or None
    for name in init.__kwdefaults__ or ():
        init.__kwdefaults__[name] = 7


def wrap(side):
    """Replace `__init__` by a function that calls it."""
    former, said = side.cls.__init__, side.said

    def __init__(self, *args, **kwargs):
        said.append("replaced")
        former(self, *args, **kwargs)

    side.cls.__init__ = __init__


def restore(side):
    side.cls.__init__ = side.init


def init(side):
    """Replace `__init__` by another one, which a plan may carry out."""
    functions = inits()
    names = sorted(functions)
    side.inits += 1
    side.cls.__init__ = functions[names[side.inits % len(names)]]


def code(side):
    functions = inits()
    names = sorted(functions)
    side.inits += 1
    side.cls.__init__.__code__ = functions[names[side.inits % len(names)]].__code__


def cell(side):
    """Replace the factories in the closure of a generated `__init__`."""
    for each in getattr(side.cls.__init__, "__closure__", None) or ():
        if each.cell_contents is list:
            each.cell_contents = lambda: [1]
        elif each.cell_contents is dict:
            each.cell_contents = set


def set_setattr(side):
    said = side.said

    def __setattr__(self, name, value):
        said.append(f"set {name}")
        object.__setattr__(self, name, value)

    side.cls.__setattr__ = __setattr__


def drop_setattr(side):
    if "__setattr__" in vars(side.cls):
        del side.cls.__setattr__


def set_property(side):
    said = side.said

    def assign(self, value):
        said.append("assigned")
        vars(self)["second"] = value

    side.cls.second = property(lambda self: vars(self)["second"], assign)


def drop_property(side):
    if isinstance(vars(side.cls).get("second"), property):
        del side.cls.second


CHANGES = {
    "tag": tag,
    "defaults": defaults,
    "wrap": wrap,
    "restore": restore,
    "init": init,
    "code": code,
    "cell": cell,
    "setattr": set_setattr,
    "no setattr": drop_setattr,
    "property": set_property,
    "no property": drop_property,
}
ALL = tuple(CHANGES)
"""The ways to change a class."""
