"""Source text of the steps of random programs about construction, over the variables `x`, `y`, `z` and `xs`."""

from random import Random

from twins.construction_shape import CONSTANTS, Shape

VALUES = (
    "A0",
    "A1",
    "A2",
    "L1",
    "K1",
    "None",
    "1",
    "'text'",
    "[]",
    "{}",
    "[A1]",
    "S0",
    "S1",
    "D0",
    "2.5",
    "set()",
    "()",
    "Thing()",
)
VARIABLES = ("x", "y", "z")


def arguments(rng: Random, shape: Shape, *, valid: bool) -> str:
    """The arguments of a call; those of a valid one most often bind."""
    positional = list(shape.positional)
    keywords = list(shape.keywords)
    count = rng.randint(0, len(positional)) if rng.random() < 0.6 else len(positional)
    count = max(count, shape.only)
    given = [rng.choice(VALUES) for _ in positional[:count]]
    rest = [each for each in positional[count:] + keywords if each in shape.required or rng.random() < 0.4]
    rng.shuffle(rest)
    if not valid:
        wrong = rng.random()
        if wrong < 0.4:
            rest.append(rng.choice(["zzz", "zzz", "self", "a", *shape.parameters(), *shape.fields]))
        elif wrong < 0.6 and rest:
            rest.remove(rng.choice(rest))
        elif wrong < 0.75:
            given += [rng.choice(VALUES)] * (len(positional) - count + rng.randint(1, 2))
        elif given:
            given.pop()
    rest = list(dict.fromkeys(rest))
    pairs = [(each, rng.choice(VALUES)) for each in rest]
    draw = rng.random()
    if draw < 0.1:
        named = [f"**{{{', '.join(f'{key!r}: {value}' for key, value in pairs)}}}"]
    elif draw < 0.13:
        named = [f"**{{{', '.join(f'Name({key!r}): {value}' for key, value in pairs)}}}"]
    elif draw < 0.17:
        named = [f"**{{{', '.join(f'({key[:1]!r} + {key[1:]!r}): {value}' for key, value in pairs)}}}"]
    elif draw < 0.18:
        named = [f"{key}={value}" for key, value in pairs] + ["**{5: 5}"]
    else:
        named = [f"{key}={value}" for key, value in pairs]
    if given and rng.random() < 0.1:
        given = [f"*({', '.join(given)},)"]
    return ", ".join([*given, *named])


class Steps:
    """Draws steps about one class."""

    def __init__(self, rng: Random, shape: Shape, valid: list[str], *, reference: bool) -> None:
        self.rng, self.shape, self.valid, self.reference = rng, shape, valid, reference
        # CPython takes a class for one of another layout if its base is poolable.
        self.bases = ["C.__bases__ = (Mixin, *C.__bases__)"] if shape.text.count("@poolable") == 1 else []
        self.groups = [
            *8 * [self.construct],
            *2 * [self.wrong],
            *4 * [self.change],
            *2 * [self.drop],
            *3 * [self.warm],
            *2 * [self.read],
            *2 * [self.tools],
            self.threads,
            *4 * [self.patch_class],
            *3 * [self.patch_init],
            self.patch_names,
            self.copy,
        ]

    def program(self, most: int) -> list[str]:
        steps = [self.warm()]
        for _ in range(self.rng.randint(4, most)):
            group = self.rng.choice(self.groups)
            patches = group in (self.patch_class, self.patch_init, self.patch_names)
            if self.rng.random() < (0.3 if patches else 0.05):
                steps.append(self.warm())
            steps.append(group())
            if patches:
                steps.append(self.construct())
        return steps

    def call(self, args: str | None = None) -> str:
        args = self.args() if args is None else args
        draw = self.rng.random()
        if draw < 0.85:
            return f"C({args})"
        start = f", {args}" if args else ""
        return self.rng.choice(
            [
                f"type.__call__(C{start})",
                f"functools.partial(C{start})()",
                f"C.__call__({args})",
                f"take(C{start})",
                f"(lambda: C({args}))()",
            ]
        )

    def args(self) -> str:
        if self.valid and self.rng.random() < 0.7:
            return self.rng.choice(self.valid)
        return arguments(self.rng, self.shape, valid=True)

    def variable(self) -> str:
        return self.rng.choice(VARIABLES)

    def field(self) -> str:
        return self.rng.choice(self.shape.fields or ["a"])

    def value(self) -> str:
        return self.rng.choice(VALUES)

    def construct(self) -> str:
        v = self.variable()
        return self.rng.choice(
            [
                *6 * [f"{v} = {self.call()}"],
                f"xs.append({self.call()})",
                *2 * [f"z = None; fill(C({self.args()})); {v} = {self.call()}"],
                f"fill({v}); {v} = None; {v} = {self.call()}",
                f"xs.extend({self.call()} for _ in range({self.rng.choice([2, 3, 5, 12])}))",
                f"{v} = None; {v} = {self.call()}",
                f"{v} = [{self.call()}, {self.call()}]",
                f"{v} = C.__new__(C)",
                f"{v}.__init__({self.args()})",
                f"{self.call()}; {v} = {self.call()}",
                f"esc = [sys.getrefcount(A1), {self.call()}, sys.getrefcount(A1)]",
                f"{v} = with_collector(lambda: [{self.call()} for _ in range(5)])",
                f"sys.getrefcount({self.call()})",
            ]
        )

    def wrong(self) -> str:
        return f"{self.variable()} = {self.call(arguments(self.rng, self.shape, valid=False))}"

    def warm(self) -> str:
        calls = [f"C({self.args()})" for _ in range(self.rng.choice([1, 1, 2]))]
        count = self.rng.choice([3, 20, 20, 20, 34])
        body = "\n        ".join(f"{self.rng.choice(['', '', 'z = '])}{call}" for call in calls)
        return f"for _ in range({count}):\n    try:\n        {body}\n    except Exception: pass"

    def change(self) -> str:
        v, name, value = self.variable(), self.field(), self.value()
        other = self.variable()
        return self.rng.choice(
            [
                f"{v}.{name} = {value}",
                f"del {v}.{name}",
                f"{v}.new = {value}",
                f"{v}.{name}.append({value})",
                *2 * [f"for i in range({self.rng.choice([1, 3, 9, 40])}): {v}.{name}.append(i)"],
                *2
                * [
                    f"for i in range({self.rng.choice([1, 3, 9, 40, 200])}): {v}.{name}.add(i * {self.rng.choice([1, 7, 8])})"
                ],
                *2
                * [
                    f"for i in range({self.rng.choice([1, 3, 9, 40])}): {v}.{name}[i * {self.rng.choice([1, 8])}] = {value}"
                ],
                f"{v}.{name}.pop()",
                f"{v}.{name}.popitem()",
                f"{v}.{name}.clear()",
                f"{v}.{name}.add(str(len({v}.{name})))",
                f"{v}.{name}.extend(b'abc')",
                f"{v}.{name}['new']",
                f"esc = {v}.{name}",
                f"esc = iter({v}.{name})",
                f"{other}.{name} = {v}.{name}",
                f"esc = {v}.__dict__",
                f"{v}.__dict__ = {{'k': {value}}}",
                f"{v}.__dict__[{name!r}] = {value}",
                f"{v}.__dict__.clear()",
                f"del {v}.__dict__",
                f"object.__setattr__({v}, {name!r}, {value})",
                f"{v}.__init__({self.args()})",
                f"{v}.{name} = {v}",
                f"w = weakref.ref({v})",
                f"w = weakref.ref({v}, lambda _: log.append('dead'))",
                f"{v}.__class__ = C",
                f"esc = {v}.cached",
            ]
        )

    def drop(self) -> str:
        v, w = self.variable(), self.variable()
        return self.rng.choice(
            [
                f"{v} = None",
                "x = y = z = None",
                "xs.clear()",
                f"{v} = {w}",
                "esc = None",
                "del xs[::2]",
                "x = y = z = esc = None; xs.clear()",
                "gc.collect() < 0",
            ]
        )

    def read(self) -> str:
        v, name = self.variable(), self.field()
        return self.rng.choice(
            [
                f"list(vars({v}))",
                f"dir({v})",
                f"repr({v})",
                f"{v}.{name}",
                f"hasattr({v}, {name!r})",
                f"{v} == {self.call()}",
                f"list({v}.{name})",
                f"bool({v}.{name})",
                f"isinstance({v}, C) and sys.getrefcount({v})",
                f"type({v}) is C",
                "[list(vars(each)) for each in xs]",
                f"vars({v}).popitem()",
                f"len({{id(C({self.args()})) for _ in 'ab'}}) > 0",
                f"a, b = C({self.args()}), C({self.args()}); a.{name} is b.{name}",
            ]
        )

    def tools(self) -> str:
        wrong = arguments(self.rng, self.shape, valid=False)
        call = self.rng.choice(
            [
                f"C({self.args()})",
                f"[C({self.args()}) for _ in range(3)]",
                f"type.__call__(C, {self.args()})",
                f"C({wrong})",
            ]
        )
        function = f"lambda: {call}"
        return self.rng.choice(
            [
                f"traced({function})",
                f"profiled({function})",
                f"monitored({function})",
                f"monitored({function}, ('LINE',), C.__init__.__code__)",
                f"monitored({function}, ('PY_START',), C.__init__.__code__)",
                f"monitored({function}, ('PY_RAISE', 'PY_UNWIND', 'PY_START'))",
                f"monitored({function}, ('INSTRUCTION',))"
                if self.rng.random() < 0.3
                else f"monitored({function}, ('LINE',))",
            ]
        )

    def threads(self) -> str:
        return self.rng.choice(
            [
                f"in_threads(lambda: [{self.call()} for _ in range({self.rng.choice([1, 30])})], 3)",
                f"x = in_threads(lambda: {self.call()}, 2)",
                f"in_threads(lambda: profiled(lambda: C({self.args()})), 1)",
            ]
        )

    def patch_class(self) -> str:
        owner = self.rng.choice(["C", "C", "C", *self.shape.bases])
        name, value = self.field(), self.rng.choice([*CONSTANTS, "A1"])
        other = self.field()
        function = f"lambda: [{self.call()}, {self.call()}]"
        setter = "lambda self, name, value: (log.append(name), object.__setattr__(self, name, value))[0]"
        return self.rng.choice(
            [
                f"{owner}.{name} = {value}",
                f"{owner}.extra = {value}",
                f"for i in range(5): {owner}.extra = i; xs.append({self.call()})",
                f"del {owner}.{name}",
                f"{owner}.{name} = Data({name!r})",
                f"{owner}.{name} = property(lambda self: 5)",
                f"{owner}.{name} = property(lambda self: 5, lambda self, value: log.append(frames()))",
                f"{owner}.{name} = Inert()",
                "Inert.__set__ = lambda self, obj, value: log.append(('inert', frames()))",
                "del Inert.__set__",
                f"{owner}.__setattr__ = {setter}",
                f"del {owner}.__setattr__",
                f"patched({owner}, '__setattr__', {setter}, {function})",
                f"patched({owner}, {name!r}, property(lambda self: 5), {function})",
                f"patched({owner}, {name!r}, Data({name!r}), {function})",
                f"{owner}.{name}, {owner}.{other} = {owner}.__dict__[{other!r}], {owner}.__dict__[{name!r}]",
                f"esc = {owner}.__dict__[{name!r}]; del {owner}.{name}",
                f"{owner}.{name} = esc",
                f"{owner}.__getattribute__ = lambda self, name: object.__getattribute__(self, name)",
                f"{owner}.__getattr__ = lambda self, name: 'ghost' if name == 'ghost' else object.__getattribute__(self, name)",
                f"patched({owner}, '__new__', lambda cls, *args, **kwargs: object.__new__(cls), {function})",
                f"patched({owner}, '__new__', lambda cls, *args, **kwargs: 'made', {function})",
                *self.bases,
                "class D(C): pass\nx = D(" + self.args() + ")",
                "class D(C):\n    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n        self.more = 1\ny = D("
                + self.args()
                + ")",
                f"patched(type(A0), '__hash__', lambda self: 1, {function})",
            ]
        )

    def patch_init(self) -> str:
        owner = self.rng.choice(["C", "C", "C", *self.shape.bases])
        init = f"{owner}.__init__"
        value = self.rng.choice([*CONSTANTS, "D1", "S1"])
        parameter = self.rng.choice(self.shape.parameters() or ["a"])
        name = self.field()
        function = f"lambda: [{self.call()}, {self.call()}]"
        return self.rng.choice(
            [
                f"{owner}.__init__ = lambda self, *args, **kwargs: self.__dict__.update(patched=len(args))",
                f"def new(self, {', '.join(['*', *self.shape.fields[:3]]) if self.shape.fields else 'a=1'}): self.{name} = {self.shape.fields[0] if self.shape.fields else 'a'}\n{owner}.__init__ = new",
                f"def new(self, *args, **kwargs): object.__setattr__(self, {name!r}, 'other')\n{init}.__code__ = new.__code__",
                f"{init}.__code__ = {init}.__code__.replace()",
                f"def new({', '.join(['self', *self.shape.positional])}): self.{name} = {self.shape.positional[0] if self.shape.positional else 'None'}\n{init}.__code__ = new.__code__",
                *3 * [f"{init}.__defaults__ = ({value}, {self.rng.choice(CONSTANTS)})"],
                f"{init}.__defaults__ = ({value},) * {max(len(self.shape.positional), 1)}",
                f"{init}.__defaults__ = None",
                f"{init}.__defaults__ = ({value},) * 9",
                f"del {init}.__defaults__",
                f"{init}.__kwdefaults__ = {{{parameter!r}: {value}}}",
                f"{init}.__kwdefaults__[{parameter!r}] = {value}",
                f"{init}.__kwdefaults__.update(dict.fromkeys({init}.__kwdefaults__, {value}))",
                f"{init}.__kwdefaults__.clear()",
                f"{init}.__kwdefaults__.popitem()",
                f"{init}.__kwdefaults__ = None",
                f"patched({owner}, '__init__', lambda self, *args, **kwargs: None, {function})",
                f"patched({init}, '__defaults__', ({value},), {function})",
                f"patched({owner}, '__init__', {init}, {function})",
                f"with mock.patch.object({owner}, '__init__', autospec=True, return_value=None) as m: x = {self.call()}\nm.call_count",
                f"for cell in {init}.__closure__:\n    if cell.cell_contents is list: cell.cell_contents = {self.rng.choice(['dict', 'make_list', 'set'])}",
                f"for cell in {init}.__closure__: cell.cell_contents = {self.rng.choice(['make_list', '7', 'list'])}",
                f"change({self.rng.choice(['7', 'list', 'D1'])})",
                f"for key in list({init}.__globals__):\n    if key.startswith('__attr_factory_'): {init}.__globals__[key] = make_list",
                f"del {owner}.__init__",
                f"x = {init}.__get__(C.__new__(C))({self.args()})",
                f"{owner}.__post_init__ = lambda self, *args: log.append('post')",
            ]
        )

    def patch_names(self) -> str:
        function = f"lambda: [{self.call()}, {self.call()}]"
        name = self.rng.choice(
            ["list", "dict", "set", "tuple", "deque", "defaultdict", "OrderedDict", "bytearray", "super"]
        )
        return self.rng.choice(
            [
                f"{name} = {self.rng.choice(['make_list', 'MyList', 'dict', 'list'])}",
                f"del {name}",
                f"with mock.patch('builtins.{self.rng.choice(['list', 'dict', 'set', 'super'])}', make_list): x = ({function})()",
                f"with mock.patch('collections.{self.rng.choice(['deque', 'OrderedDict'])}', make_list): x = ({function})()",
                f"S0 = {self.rng.choice(['S1', 'D1', 'None', 'object()'])}",
                f"free = {self.rng.choice(['S1', '9', '[]'])}",
                "object = Thing",
                "del object",
            ]
        )

    def copy(self) -> str:
        v, w = self.variable(), self.variable()
        return self.rng.choice(
            [
                f"{w} = copy.copy({v})",
                f"{w} = copy.deepcopy({v})",
                f"{w} = pickle.loads(pickle.dumps({v}))",
                f"{w} = dataclasses.replace({v})",
                f"{w} = attrs.evolve({v})",
            ]
        )
