"""Source text of random classes whose constructor is generated, by dataclasses or by attrs."""

from twins.construction_shape import (
    CONSTANTS,
    Draw,
    Shape,
    add_field,
    add_parameter,
    factory,
    finished,
    indent,
    inherit,
    members,
    names_of,
)

ANNOTATIONS = ("object", "int", "list", "typing.Any", "'str'", "list[int]", "typing.Optional[dict]")
DEFAULTS = ("default", "factory", "default_factory")


def field_names(rng: Draw) -> list[str]:
    return ["b_" + each if each.startswith("__") else each for each in names_of(rng)]


def line_of(rng: Draw, function: str, name: str, annotation: str, arguments: dict[str, str]) -> str:
    """The definition of a field."""
    if [*arguments] == ["default"] and rng.random() < 0.7:
        return f"{name}: {annotation} = {arguments['default']}"
    if arguments or rng.random() < 0.2:
        return f"{name}: {annotation} = {function}({', '.join(f'{key}={value}' for key, value in arguments.items())})"
    return f"{name}: {annotation}"


def call_of(decorator: str, options: dict[str, str]) -> str:
    """The line of a decorator."""
    return f"@{decorator}({', '.join(f'{key}={value}' for key, value in options.items())})\n"


def follows_default(shape: Shape, arguments: dict[str, str]) -> bool:
    """Whether a field by position lacks a default, and one before it has one."""
    if any(each in arguments for each in DEFAULTS):
        return False
    return any(each not in shape.required for each in shape.positional)


def post_init(rng: Draw, shape: Shape, *, frozen: bool) -> list[str]:
    lines = rng.choice([["log.append(frames())"], ["pass"], ["log.append(list(self.__dict__))"], ["warn()"]])
    if shape.fields and rng.random() < 0.5:
        name = rng.choice(shape.fields)
        lines = [*lines, f"object.__setattr__(self, {name!r}, [7])" if frozen else f"self.{name} = [7]"]
    if shape.fields and rng.random() < 0.2:
        lines = [*lines, f"if getattr(self, {rng.choice(shape.fields)!r}, None) is S1: raise ValueError('post')"]
    return lines


# ---- dataclasses ----


def dataclass_of(rng: Draw, name: str, bases: list[Shape]) -> Shape:
    shape = Shape(name)
    flags = ("slots", "frozen", "order", "kw_only", "unsafe_hash")
    options = {flag: "True" for flag in flags if rng.random() < 0.25}
    if "slots" in options and rng.random() < 0.3:
        options["weakref_slot"] = "True"
    if rng.random() < 0.1:
        options["eq"] = "False"
        options.pop("order", None)
    if rng.random() < 0.03:
        options["init"] = "False"
    inherit(shape, bases)
    lines: list[str] = []
    init_vars: list[str] = []
    for each in field_names(rng):
        draw = rng.random()
        if draw < 0.05:
            lines.append(f"{each}: typing.ClassVar = {rng.choice(CONSTANTS)}")
            continue
        if draw < 0.1 and not any("KW_ONLY" in line for line in lines):
            lines.append("_: dataclasses.KW_ONLY")
        keyword = "kw_only" in options or any("KW_ONLY" in line for line in lines)
        lines.append(dataclass_field(rng, shape, each, keyword=keyword, init_vars=init_vars))
    if init_vars or (rng.is_odd() and rng.random() < 0.2):
        body = post_init(rng, shape, frozen="frozen" in options)
        lines += [f"def __post_init__({', '.join(['self', *init_vars])}):", *indent(body)]
    lines += members(rng, shape, slots="slots" in options)
    decorator = "@dataclasses.dataclass\n" if not options else call_of("dataclasses.dataclass", options)
    return finished(rng, shape, decorator, lines, bases, slots="slots" in options)


def dataclass_field(rng: Draw, shape: Shape, name: str, *, keyword: bool, init_vars: list[str]) -> str:
    arguments: dict[str, str] = {}
    draw = rng.random()
    if draw < 0.25:
        arguments["default"] = rng.choice(CONSTANTS)
    elif draw < 0.6:
        arguments["default_factory"] = factory(rng)
    elif not keyword and follows_default(shape, arguments):
        arguments["default"] = "None"
    draw = rng.random()
    if draw < 0.1:
        arguments["init"] = "False"
    elif draw < 0.2 and not keyword:
        arguments["kw_only"] = "True"
    elif draw < 0.4:
        arguments[rng.choice(["repr", "compare"])] = "False"
    annotation = rng.choice(ANNOTATIONS)
    if rng.is_odd() and rng.random() < 0.06 and "init" not in arguments and "default_factory" not in arguments:
        annotation = f"dataclasses.InitVar[{annotation.strip(chr(39))}]"
        init_vars.append(name)
    if "init" not in arguments:
        required = not any(each in arguments for each in DEFAULTS)
        add_parameter(shape, name, keyword=keyword or "kw_only" in arguments, required=required)
    add_field(shape, name)
    return line_of(rng, "dataclasses.field", name, annotation, arguments)


# ---- attrs ----

EXTRAS = {
    "converter": (
        *("list_or", "attrs.converters.optional(list_or)", "attrs.converters.default_if_none(factory=list)", "str"),
        "attrs.Converter(lambda value, obj: frames(), takes_self=True)",
    ),
    "validator": ("check", "attrs.validators.instance_of(object)", "[check]"),
    "on_setattr": ("hook", "attrs.setters.NO_OP"),
    "eq": ("False", "str"),
    "repr": ("False", "repr"),
}


def attrs_of(rng: Draw, name: str, bases: list[Shape]) -> Shape:
    shape = Shape(name)
    options = {flag: "True" for flag in ("kw_only", "order", "unsafe_hash", "collect_by_mro") if rng.random() < 0.15}
    frozen = rng.random() < 0.2
    if rng.random() < 0.4:
        options["slots"] = "False"
    if rng.random() < 0.1:
        options["weakref_slot"] = "False"
    if (frozen or "unsafe_hash" in options) and rng.random() < 0.3:
        options |= {"cache_hash": "True", "unsafe_hash": "True"}
    if not frozen and rng.random() < 0.1:
        options["on_setattr"] = rng.choice(["[]", "attrs.setters.frozen", "hook", "attrs.setters.NO_OP"])
    inherit(shape, bases)
    lines = [
        line
        for each in field_names(rng)
        for line in attrs_field(rng, shape, each, keyword="kw_only" in options, frozen=frozen).splitlines()
    ]
    if rng.is_odd() and rng.random() < 0.1:
        lines += ["def __attrs_post_init__(self):", *indent(post_init(rng, shape, frozen=frozen))]
    if rng.is_odd() and rng.random() < 0.08:
        given = ", ".join(["self", *shape.positional, *(["*", *shape.keywords] if shape.keywords else [])])
        lines += [f"def __attrs_pre_init__({rng.choice(['self', given])}):", "    log.append(frames())"]
    slots = "slots" not in options
    lines += members(rng, shape, slots=slots)
    decorator = "attrs.frozen" if frozen else rng.choice(["attrs.define", "attrs.define", "attrs.mutable"])
    return finished(rng, shape, call_of(decorator, options), lines, bases, slots=slots)


def attrs_field(rng: Draw, shape: Shape, name: str, *, keyword: bool, frozen: bool) -> str:
    arguments: dict[str, str] = {}
    method = ""
    draw = rng.random()
    if draw < 0.25:
        arguments["default"] = rng.choice([*CONSTANTS, "attrs.Factory(dict)"])
    elif draw < 0.6:
        arguments["factory"] = factory(rng)
    elif draw < 0.65 and rng.is_odd():
        arguments["default"] = "attrs.Factory(lambda self: [frames()], takes_self=True)"
    elif not keyword and follows_default(shape, arguments):
        arguments["default"] = "None"
    draw = rng.random()
    if draw < 0.1:
        arguments["init"] = "False"
    elif draw < 0.2 and not keyword:
        arguments["kw_only"] = "True"
    elif draw < 0.3:
        arguments["alias"] = repr(rng.choice(["alias", "other", "z" + name]))
    for key, choices in EXTRAS.items():
        if not (frozen and key == "on_setattr") and rng.random() < 0.08 and rng.is_odd():
            arguments[key] = rng.choice(choices)
    if not any(each in arguments for each in DEFAULTS) and rng.random() < 0.05 and rng.is_odd():
        arguments["repr"] = "True"
        method = f"\n@{name}.default\ndef _(self):\n    return [frames()]"
    if "init" not in arguments:
        parameter = arguments.get("alias", repr(name.lstrip("_"))).strip("'")
        required = not method and not any(each in arguments for each in DEFAULTS)
        add_parameter(shape, parameter, keyword=keyword or "kw_only" in arguments, required=required)
    add_field(shape, name)
    return line_of(rng, "attrs.field", name, rng.choice(ANNOTATIONS), arguments) + method
