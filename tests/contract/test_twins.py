"""Random classes behave as their plain twins, whatever a program does with them."""

import effort
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st
from twins.classes import PARAMETERS, sources
from twins.run import Module, differ, is_known_to_differ
from twins.steps import ARGUMENTS, programs


@settings(
    max_examples=effort.pick(short=120, long=3_000),
    derandomize=not effort.is_long(),  # so that a rare difference fails the long form only
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(source=sources(), parameters=st.sampled_from(PARAMETERS), data=st.data())
def test_a_program_sees_no_difference(pooled, source, parameters, data):
    try:
        plain = Module(source.plain(), pooled)
    except TypeError:
        assume(False)  # no valid class
    try:
        twin = Module(source.pooled(parameters), pooled)
    except TypeError as error:
        if not str(error).startswith("cls=C: "):
            raise
        assume(False)
    note(source.pooled(parameters))
    valid = [
        arguments for arguments in ARGUMENTS if Module(source.plain(), pooled).step(f"C({arguments})")[0] == "value"
    ]
    texts = pooled.engine == "native"  # those of a proxy name its class
    for step in data.draw(programs(pooled.engine, valid or ARGUMENTS)):
        expected, found = plain.step(step), twin.step(step)
        if is_known_to_differ(pooled.engine, step, expected):
            break  # the objects differ from now on
        assert not differ(step, expected, found, texts=texts), f"{step}: expected {expected}, got {found}"
        assert twin.state() == plain.state()
