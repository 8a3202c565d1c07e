"""The survey of constructors reads each class, and notices a plan that differs from what the `__init__` does."""

from collections import deque

import pytest
from packages.init_survey import Survey, differences, read

from pooled._plan.init_plan import Constant, find
from pooled._plan.init_reader import read_init


class Order:
    __slots__ = ("__dict__", "size")

    def __init__(self, topic, size=2, *, parts=None):
        self.topic = topic
        self.size = size
        self.parts = parts if parts is not None else []
        self.notes = {}


def surveyed(reader):
    survey = Survey()
    read(Order, survey, {"find": find, "read_init": reader, "engine": "reference"})
    return survey


def test_a_plan_is_right():
    survey = surveyed(read_init)
    assert (survey.planned, survey.simulated, survey.wrong) == (1, 1, [])


def test_a_refusal_is_counted_without_its_details():
    survey = surveyed(lambda cls: "line 12 of /tmp/file.py: it reads self.other")
    assert survey.planned == 0
    assert survey.reasons == {"it reads an attribute": 1}


FAULTS = {
    "a wrong value": lambda values: values | {"size": values["topic"]},
    "another constant": lambda values: values | {"size": Constant(2.0)},
    "another order": lambda values: dict(reversed(values.items())),
    "an attribute too many": lambda values: values | {"more": values["topic"]},
    "a missing attribute": lambda values: {"topic": values["topic"], "size": values["size"]},
    "another container": lambda values: values | {"notes": values["parts"].other},
    "a shared container": lambda values: values | {"notes": Constant({})},
    "a container for None alone": lambda values: values | {"parts": values["parts"].other},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_plan_is_noticed(fault):
    def reader(cls):
        plan = read_init(cls)
        return plan.replace(values=FAULTS[fault](dict(plan.values)))

    assert surveyed(reader).wrong


@pytest.mark.parametrize(("one", "other"), [([], [1]), ([], deque()), (deque(maxlen=1), deque())], ids=str)
def test_containers_that_are_not_alike_are_noticed(one, other):
    found = [Order("same", parts=parts.copy()) for parts in (one, one, other, other)]
    assert any(each.startswith("parts is") for each in differences(*found))
