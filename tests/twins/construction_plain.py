"""Source text of random classes whose constructor is written by hand, with assignments of every shape."""

from twins.construction_shape import (
    CALM_CONTAINERS,
    CONSTANTS,
    MUTABLE,
    Draw,
    Shape,
    add_field,
    add_parameter,
    container,
    finished,
    indent,
    inherit,
    members,
    names_of,
)


def plain(rng: Draw, name: str, bases: list[Shape]) -> Shape:
    shape = Shape(name)
    lines: list[str] = []
    slots = rng.random() < 0.3 and not (bases and rng.random() < 0.5)
    names = names_of(rng)
    fields = list(names)
    for base in bases:
        for each in base.fields:
            add_field(shape, each)
    for each in fields:
        add_field(shape, mangled(each, name))
    if slots:
        listed = [each for each in fields if rng.random() < 0.9]
        extra = [each for each in ("'__weakref__'", "'__dict__'") if rng.random() < 0.5]
        lines.append(f"__slots__ = [{', '.join([*map(repr, listed), *extra])}]")
    has_own = not bases or rng.random() < 0.75
    if has_own:
        lines += constructor(rng, shape, fields, bases)
    else:
        inherit(shape, bases[:1])
    lines += members(rng, shape, slots=slots)
    return finished(rng, shape, "", lines, bases, slots=slots)


def mangled(attribute: str, cls: str) -> str:
    return f"_{cls}{attribute}" if attribute.startswith("__") else attribute


def constructor(rng: Draw, shape: Shape, fields: list[str], bases: list[Shape], function="__init__") -> list[str]:
    """The lines of an `__init__`; the parameters of the shape become its own."""
    parameters = [each.strip("_") if rng.random() < 0.9 else "p" + each.strip("_") for each in fields]
    parameters = [each for each in dict.fromkeys(parameters) if rng.random() < 0.85]
    texts, defaulted = [], False
    only = rng.randint(0, 2) if rng.random() < 0.15 else 0
    keyword = False
    for index, each in enumerate(parameters):
        if index == only > 0:
            texts.append("/")
        if not keyword and rng.random() < 0.08 and index >= only:
            keyword = True
            texts.append("*")
            defaulted = False
        default = rng.choice([None, None, "None", rng.choice(CONSTANTS), rng.choice(MUTABLE)])
        if defaulted and default is None and not keyword:
            default = "None"
        defaulted |= default is not None
        texts.append(each if default is None else f"{each}={default}")
        add_parameter(shape, each, keyword=keyword, required=default is None)
    if only and len(parameters) == only:
        texts.append("/")
    shape.only = min(only, len(shape.positional))
    if not keyword and rng.is_odd() and rng.random() < 0.04:
        texts.append("*rest")
    if rng.is_odd() and rng.random() < 0.04:
        texts.append("**more")
    body = statements(rng, fields, parameters)
    for base in bases[:1] if rng.random() < 0.9 else []:
        at = rng.choice([0, 0, 0, len(body), rng.randint(0, len(body))])
        call = super_call(rng, base, parameters, shape.name)
        body[at:at] = [call]
    lines = [line for statement in body for line in statement.splitlines()] or ["pass"]
    if rng.random() < 0.1:
        lines.insert(0, "'''A text.'''")
    return [f"def {function}({', '.join(['self', *texts])}):", *indent(lines)]


def super_call(rng: Draw, base: Shape, parameters: list[str], name: str) -> str:
    given = []
    for index, each in enumerate(base.positional):
        if each in base.required or rng.random() < 0.5:
            value = rng.choice([*parameters, *parameters, *CALM_CONTAINERS[:6], "1", "None"])
            is_named = index >= base.only and (rng.random() < 0.4 or any("=" in text for text in given))
            given.append(f"{each}={value}" if is_named else value)
        elif index < base.only:
            break
        else:
            given.append(f"{each}={rng.choice([*parameters, 'None'])}") if rng.random() < 0.3 else None
    given += [
        f"{each}={rng.choice([*parameters, '[]', '2'])}"
        for each in base.keywords
        if each in base.required or rng.random() < 0.5
    ]
    callee = rng.choice(
        [
            "super().__init__(",
            *4 * ["super().__init__("],
            f"super({name}, self).__init__(",
            f"{base.name}.__init__(self, ",
        ]
    )
    return f"{callee}{', '.join(given)})"


def expression(rng: Draw, parameters: list[str]) -> str:
    parameter = rng.choice(parameters) if parameters else "None"
    other = rng.choice(parameters) if parameters else "1"
    draw = rng.random()
    if draw < 0.4:
        return parameter
    if draw < 0.52:
        return rng.choice(CONSTANTS)
    if draw < 0.74:
        return container(rng)
    empty = rng.choice([container(rng), container(rng), other, "0"])
    calm = [
        *3 * [f"{parameter} if {parameter} is not None else {empty}"],
        *2 * [f"{empty} if {parameter} is None else {parameter}"],
        f"{parameter} if {parameter} is not S0 else {empty}",
        f"{empty} if {parameter} is D0 else {parameter}",
        f"{parameter} if {other} is None else {empty}",
        f"{other} if {parameter} is not None else 5",
        f"(t := {parameter})",
    ]
    odd = [
        f"[] if {parameter} is None else [] if {other} is None else {other}",
        f"({parameter} is None)",
        f"{parameter} is not None",
        f"{parameter} or {empty}",
        f"{parameter} if {parameter} else {empty}",
        f"[{parameter}]",
        "free",
        "other",
        "frames()",
        f"(lambda: {parameter})()",
        "self",
    ]
    return rng.choice([*calm, *odd] if rng.is_odd() else calm)


def statements(rng: Draw, fields: list[str], parameters: list[str]) -> list[str]:
    body = []
    for each in fields:
        value = expression(rng, parameters)
        draw = rng.random()
        parameter = rng.choice(parameters) if parameters else "None"
        again = rng.choice(fields)
        if draw < 0.6:
            body.append(f"self.{each} = {value}")
        elif draw < 0.7 and parameters:
            new = rng.choice([*CALM_CONTAINERS[:6], "1", "S0"])
            body.append(
                f"if {parameter} is {rng.choice(['None', 'None', 'S0', 'not None'])}:\n    {parameter} = {new}\nself.{each} = {parameter}"
            )
        else:
            calm = [
                f"self.{each} = self.{again} = {parameter}",
                f"self.{each} = {value}\nself.{again} = {expression(rng, parameters)}",
                f"self.{each}, self.{again} = {value}, {parameter}",
                f"t = {value}\nself.{each} = t",
                f"if {parameter} is None:\n    self.{each} = {value}\nelse:\n    self.{each} = {parameter}",
                f"object.__setattr__(self, {each!r}, {value})",
                f"self.__dict__[{each!r}] = {value}",
                f"self.{each}: list = {value}",
                f"self.{each} = {value}\nreturn",
                f"self.{each} = {parameter}\n{parameter} = 5",
                f"if {parameter} is None:\n    self.{each} = []\nelse:\n    self.{each} = {parameter}",
                f"{parameter if parameter != 'None' else 't'} = {value}\nself.{each} = {parameter}",
                f"self.{each} = {value}\nself.{again} = []\nself.{again} = {{}}",
            ]
            odd = [
                f"self.{each} = self.{again} = {value}",
                f"if {parameter} is not None:\n    self.{each} = {parameter}\nelse:\n    self.{each} = []\n    self.{again} = 0",
                f"if {parameter} is None:\n    if {rng.choice(parameters or ['1'])} is None:\n        self.{each} = 1\n    else:\n        self.{each} = 2\nelse:\n    self.{each} = 3",
                f"self.__dict__[{each!r}] = {value}",
                f"object.__setattr__(self, {each!r}, {value})",
                f"setattr(self, {each!r}, {value})",
                f"self.{each} = {value}\ndel self.{each}",
                f"self.{each} = {value}\nself.{again} = self.{each}",
                f"self.{each}: list = {value}",
                f"if {parameter} is S1:\n    raise ValueError({each!r})\nself.{each} = {value}",
                f"self.{each} = {value}\nlog.append(frames())",
                f"if {parameter} is None:\n    return\nself.{each} = {value}",
                f"self.{each} = {value}\nreturn",
                f"try:\n    self.{each} = {value}\nfinally:\n    pass",
                f"for t in (1,):\n    self.{each} = {value}",
                f"self.{each} = {value}\nlog.append(list(vars(self)))",
                f"self.{each} = {parameter}\n{parameter} = 5",
                f"{parameter if parameter != 'None' else 't'} = {value}\nself.{each} = {parameter}",
                f"self.{each} = {value}\nself.{again} = []\nself.{again} = {{}}",
                f"warn()\nself.{each} = {value}",
            ]
            body.append(rng.choice([*calm, *odd] if rng.is_odd() else calm))
    return body
