"""How calls of a class construct its objects is counted: in C, or as Python code and why."""

import re
import sys
from itertools import combinations

import pytest

WARM = 20  # calls after which `__init__` has been read

REASONS = ("traced", "patched", "changed", "unbound", "unfit")


def make(pooled):
    class Order:
        def __init__(self, number, lines=None):
            self.number = number
            self.lines = lines if lines is not None else []

    cls = pooled.poolable(Order)
    for number in range(WARM):
        assert vars(cls(number)) == {"number": number, "lines": []}
    return cls


def trace(cls):
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        cls(1)
    finally:
        sys.settrace(before)


def patch(cls):
    cls.__init__.__defaults__ = (5,)
    assert cls(1).lines == 5


def change(cls):
    cls.colour = "red"
    cls(1)


def misfit(cls):
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'number'"):
        cls()


STOPPED = {"traced": trace, "patched": patch, "changed": change, "unbound": misfit}


def added(before, after):
    """The counts that are not equal, by name."""
    former = before.asdict()
    return {name: count - former[name] for name, count in after.asdict().items() if count != former[name]}


@pytest.mark.needs_pool
@pytest.mark.parametrize("reason", STOPPED)
def test_what_stops_a_plan_is_counted(pooled, reason):
    cls = make(pooled)
    pool = pooled.pool_of(cls)
    before = pool.constructions()
    STOPPED[reason](cls)
    after = pool.constructions()
    if pooled.engine != "native":
        assert after == pooled.Constructions()
        return
    assert added(before, after) == {reason: 1}
    assert after.in_python == before.in_python + 1 == sum(getattr(after, name) for name in REASONS)
    for _ in range(3 * WARM):  # it is looked at, or read, again
        cls(1)
    assert pool.constructions().in_c > after.in_c


@pytest.mark.needs_pool
def test_the_report_says_how_objects_are_constructed(pooled):
    cls = make(pooled)

    @pooled.poolable
    class Line:
        def __init__(self, text):
            self.words = len(text)

    for _ in range(WARM):
        Line("a b")
    cls(1)
    text = pooled.report()
    assert text.startswith(str(pooled.stats()))
    if pooled.engine == "native":
        # CPython may keep the classes of earlier tests, which have the same name.
        assert re.search(rf"Order(#\d+)?: {pooled.pool_of(cls).constructions().in_c} in C", text)
        assert "it calls len" in text
    else:
        assert text == str(pooled.stats())


@pytest.mark.needs_pool
def test_a_class_whose_attribute_is_set_between_all_calls(pooled):
    cls = make(pooled)
    for number in range(100):
        cls.latest = number
        assert vars(cls(number)) == {"number": number, "lines": []}
    cls.number = property(lambda self: "a property", lambda self, value: None)
    assert [cls(1).number for _ in range(5)] == ["a property"] * 5
    del cls.number
    assert [cls(number).number for number in range(3 * WARM)] == [*range(3 * WARM)]


def without_containers(self, number):
    self.number = number


def other_containers(self, number):
    self.number = number
    self.rows = {}


@pytest.mark.needs_pool
@pytest.mark.parametrize("init", [without_containers, other_containers])
def test_a_replaced_init_leaves_nothing_of_the_former(pooled, init):
    cls = make(pooled)
    many = [cls(number) for number in range(10)]
    del many  # they are parked with their containers
    cls.__init__ = init
    for number in range(10 * WARM):  # the topmost of them alone is taken, until `init` has been read
        cls(number)
    many = [cls(number) for number in range(10)]
    assert [hasattr(each, "lines") for each in many] == [False] * 10
    assert [list(vars(each)) for each in many] == [["number", "rows"] if init is other_containers else ["number"]] * 10


@pytest.mark.needs_pool
def test_every_way_to_give_arguments(pooled):
    """Each argument by position, by name or not at all, in calls that follow each other in one process."""
    missing = object()

    def define():
        class Order:
            def __init__(self, number, state=missing, lines=None, price=0.5):
                self.state = state
                self.kind = "order"
                self.number = number
                self.lines = lines if lines is not None else []
                self.price = price
                self.notes = {}

        return Order

    names = ("number", "state", "lines", "price")
    given = {name: object() for name in names}
    both = (define(), pooled.poolable(define()))
    ways = [
        (tuple(given[name] for name in names[:first]), {name: given[name] for name in named})
        for first in range(len(names) + 1)
        for count in range(len(names) + 1)
        for named in combinations(names, count)
    ]
    for args, kwargs in [((1,), {})] * WARM + 3 * ways + 3 * ways[::-1]:
        plain, ours = (outcome(cls, args, kwargs) for cls in both)
        assert ours == plain


def outcome(cls, args, kwargs):
    """The attributes that a call sets, or the text of its error. No dict is made, so that containers are kept."""
    try:
        made = cls(*args, **kwargs)
    except TypeError as error:
        return str(error).partition("__init__")[2]
    values = [getattr(made, name) for name in ("state", "kind", "number", "lines", "price", "notes")]
    found = [value.copy() if isinstance(value, list | dict) else value for value in values]
    if isinstance(made.lines, list):
        made.lines.append(1)
    made.notes["a"] = 1
    return found


@pytest.mark.needs_pool
def test_a_parameter_of_a_base_that_is_keyword_only(pooled):
    class Base:
        def __init__(self, *, number=0):
            self.number = number

    @pooled.poolable
    class Derived(Base):
        def __init__(self, number):
            super().__init__(number)

    for _ in range(2 * WARM):
        with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
            Derived(1)


@pytest.mark.needs_pool
def test_a_slot_under_two_names(pooled, unraisable):
    class Base:
        __slots__ = ("first", "second")

    Base.second = Base.__dict__["first"]

    @pooled.poolable
    class Pair(Base):
        __slots__ = ()

        def __init__(self, first, second):
            self.first = first
            self.second = second

    for number in range(2 * WARM):
        pair = Pair(number, "b")
        assert (pair.first, pair.second) == ("b", "b")
    assert not unraisable


@pytest.mark.needs_pool
def test_reading_an_init_runs_no_code_of_the_objects_that_it_names(pooled):
    read = []

    class Lazy:
        @property
        def __class__(self):
            read.append(1)
            return object

    settings = Lazy()

    @pooled.poolable
    class Keeper:
        def __init__(self):
            self.settings = settings

    @pooled.poolable
    class Caller:
        def __init__(self):
            self.made = settings()

    for _ in range(2 * WARM):
        Keeper()
        with pytest.raises(TypeError, match="not callable"):
            Caller()
    assert not read


TOKEN = """
class Base:
    def __init__(self, line, column=0):
        self.line, self.column = line, column

class Other(Base):
    def __init__(self, line, column=5):
        self.line = "other"

class Token(Base):
    def __init__(self, line, value):
        {call}
        self.value = value

other = Other(1)
"""


def replace_init(scope):
    def init(self, line, column=1):
        self.line, self.column = -line, column

    scope["Base"].__init__ = init


def replace_defaults(scope):
    scope["Base"].__init__.__defaults__ = (7,)


def replace_name(scope):
    scope["Base"] = scope["Other"]


def attributes(scope):
    token, other = scope["Token"](1, 2), scope["other"]
    return [getattr(each, name, None) for each in (token, other) for name in ("line", "column", "value")]


@pytest.mark.needs_pool
@pytest.mark.parametrize("change", [replace_init, replace_defaults, replace_name])
@pytest.mark.parametrize(
    ("call", "in_c"),
    [
        ("super().__init__(line)", True),
        ("Base.__init__(self, line)", True),
        ("Base.__init__(self, line, column=value)", True),
        ("Base.__init__(other, line)", False),
    ],
)
def test_a_call_of_an_inherited_init(pooled, call, in_c, change):
    plain, ours = {}, {}
    for scope in (plain, ours):
        exec(TOKEN.format(call=call), scope)
    ours["Token"] = pooled.poolable(ours["Token"])
    for _ in range(2 * WARM):
        assert attributes(ours) == attributes(plain)
    if pooled.engine == "native":
        assert bool(pooled.pool_of(ours["Token"]).constructions().in_c) is in_c
    change(plain)
    change(ours)
    for _ in range(2 * WARM):
        assert attributes(ours) == attributes(plain)


@pytest.mark.needs_pool
@pytest.mark.parametrize(
    ("test", "in_c"),
    [
        ("size is None", True),
        ("size is not None", True),
        ("None is not size", True),
        ("size is MISSING", True),
        ("self.size is None", False),
        ("size is other", False),
        ("1 if size is None else (other is None)", False),
    ],
)
def test_an_attribute_that_gets_the_result_of_a_test(pooled, test, in_c):
    scope = {"MISSING": object()}
    exec(
        "class Token:\n    def __init__(self, size=None, other=None):\n"
        f"        self.size = size\n        self.known = {test}\n",
        scope,
    )
    ours = pooled.poolable(type("Token", (scope["Token"],), {}))
    for _ in range(WARM):
        for arguments in ((), (5,), (None, None), (scope["MISSING"], 1), (False, None)):
            known, expected = ours(*arguments).known, scope["Token"](*arguments).known
            assert (known, type(known)) == (expected, type(expected))
    if pooled.engine == "native":
        assert bool(pooled.pool_of(ours).constructions().in_c) is in_c
