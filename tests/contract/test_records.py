"""The immutable classes of the API: what limits, statistics and reports are made of."""

import copy
import inspect
import pickle
import sys

import pytest

ALL_FIELDS = {
    "Policy": {"max": 3, "max_cap": 5, "scope": "global", "idle_trim": 2.5},
    "Stats": {"hits": 4, "parked": 1},
    "EngineInfo": {"name": "native", "built_for": None, "keeps_capacity": {"list": True}, "why": None},
    "Sample": {"seconds": 0.5, "pools": {}},
    "FieldReset": {"name": "a", "action": "kept", "detail": ""},
    "FieldResets": {"cls": int, "construction": "in Python", "in_c": False, "fields": ()},
    "Live": {
        "cls": int,
        "pool": "p",
        "scope": "local",
        "filename": "f",
        "lineno": 1,
        "function": "g",
        "since": 1.0,
        "seconds": 2.0,
        "thread": "t",
        "thread_id": 3,
    },
}
"""Some values for the fields of each class, or all values where none has a default."""

POSITIONAL = {"FieldReset", "FieldResets"}
HASHABLE = ALL_FIELDS.keys() - {"EngineInfo", "Sample"}


@pytest.fixture(params=ALL_FIELDS)
def record(pooled, request):
    return getattr(pooled, request.param)(**ALL_FIELDS[request.param])


@pytest.fixture
def values(record):
    return ALL_FIELDS[type(record).__name__]


def test_it_has_its_values(record, values):
    assert {name: getattr(record, name) for name in values} == values
    assert record.asdict().items() >= values.items()
    assert repr(record).startswith(f"{type(record).__name__}({next(iter(values))}=")


def test_equal_values_make_equal_records(record, values):
    name, other = next(iter(values)), type(record)(**values)
    assert record == other
    assert record is not other
    assert record != record.replace(**{name: "another" if isinstance(values[name], str) else 7})
    assert record != tuple(values.values())
    if type(record).__name__ in HASHABLE:
        assert hash(record) == hash(other)


def test_copies_are_equal(record):
    copies = [copy.copy(record), copy.deepcopy(record), record.replace()]
    copies += [pickle.loads(pickle.dumps(record, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    if sys.version_info >= (3, 13):
        copies.append(copy.replace(record))
    assert copies == [record] * len(copies)
    assert {type(each) for each in copies} == {type(record)}


def test_it_does_not_change(record, values):
    for name in (*values, "another"):
        with pytest.raises(AttributeError, match=rf"{name}=1: a {type(record).__name__} is immutable; use replace"):
            setattr(record, name, 1)
        with pytest.raises(AttributeError, match=rf"{name}: a {type(record).__name__} is immutable"):
            delattr(record, name)
    assert record.asdict().items() >= values.items()


def test_wrong_arguments_are_named(record, values):
    cls = type(record)
    for make in (cls, record.replace):
        with pytest.raises(TypeError, match=r"got an unexpected keyword argument 'nothing'"):
            make(**values, nothing=1)
    required = [name for name in values if inspect.signature(cls).parameters[name].default is inspect.Parameter.empty]
    for name in required:
        with pytest.raises(TypeError, match=rf"missing required argument '{name}'"):
            cls(**{key: value for key, value in values.items() if key != name})
    if cls.__name__ in POSITIONAL:
        assert cls(*values.values()) == record
        assert cls.__match_args__ == tuple(values)
        with pytest.raises(TypeError, match="got multiple values for argument"):
            cls(1, **values)
    else:
        assert cls.__match_args__ == ()
        with pytest.raises(TypeError, match="takes 0 positional arguments, got 1"):
            cls(1)


def test_its_signature_is_that_of_its_fields(pooled):
    assert str(inspect.signature(pooled.Policy)) == (
        "(*, max: 'Max' = 1024, max_cap: 'int' = 4096, scope: 'Scope' = 'local', idle_trim: 'float' = 0)"
    )
    assert str(inspect.signature(pooled.FieldReset)) == "(name: 'str', action: 'Action', detail: 'str' = '')"


@pytest.mark.parametrize("change", [{"max": -1}, {"max_cap": -1}, {"scope": "thread"}, {"idle_trim": -1}])
def test_a_changed_policy_is_checked(pooled, change):
    (name,) = change
    with pytest.raises(ValueError, match=rf"^{name}=.*: expected"):
        pooled.Policy().replace(**change)


def test_records_inside_become_dicts_too(pooled):
    fields = (pooled.FieldReset("a", "assigned"),)
    resets = pooled.FieldResets(cls=int, construction="constructed in C", in_c=True, fields=fields)
    assert resets.asdict()["fields"] == ({"name": "a", "action": "assigned", "detail": ""},)
    pools = {"one": pooled.Stats(hits=1)}
    assert pooled.Sample(seconds=0.0, pools=pools).asdict()["pools"]["one"]["hits"] == 1
