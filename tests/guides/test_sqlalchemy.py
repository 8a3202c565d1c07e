"""The guide to SQLAlchemy: which mapped objects are recycled, and the same results with pools and without."""

import limits
import pytest
from guide_pages import OFF, Guide

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def sqlalchemy():
    """SQLAlchemy, which takes a third of a second to import: only tests that run do it."""
    return limits.require("sqlalchemy")


@pytest.mark.parametrize("name", ["orders.py", "lines.py"])
def test_the_program_prints_what_the_page_says(tmp_path, name):
    guide = Guide("sqlalchemy", tmp_path)
    _, printed = guide.command(f"python {name}")
    assert guide.run(f"python {name}") == printed


def test_the_same_sums_without_pools(tmp_path):
    guide = Guide("sqlalchemy", tmp_path)
    pooled, plain = (
        [line.partition(", recycled")[0] for line in guide.run("python orders.py", **environ).splitlines()]
        for environ in ({}, OFF)
    )
    assert pooled == plain == ["one side: 300", "both sides: 300", "both sides, expired: 300"]


SESSION = """
import gc, pickle, sys
import pooled
from sqlalchemy import create_engine, event, inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column

class Base(MappedAsDataclass, DeclarativeBase):
    pass

@pooled.poolable(max=100)
class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    owner: Mapped[str]

loaded = []
event.listen(Order, "load", lambda order, context: loaded.append(order.id))
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([Order(owner=f"owner {number}") for number in range(50)])
    print(len(session.new))
    session.commit()
    for number in range(1, 51):
        order = session.get(Order, number)
        order.owner = "changed"
        if number % 2:
            session.rollback()
        else:
            session.commit()
        assert inspect(order).session is session
    del order
    session.expunge_all()
    copied = [pickle.loads(pickle.dumps(order)) for order in session.scalars(select(Order).order_by(Order.id))]
    print([order.owner for order in copied if order.owner != "changed"] == [f"owner {n}" for n in range(0, 50, 2)])
    print(any(order in session for order in copied), len(session.identity_map), len(loaded))
    session.delete(session.get(Order, 1))
    session.commit()
    print(len(session.scalars(select(Order)).all()), repr(session.get(Order, 2)))
if pooled.engine != "off":
    print(pooled.pool_of(Order).stats().hits > 50, file=sys.stderr)
"""


def test_a_session_does_the_same_with_recycled_objects(tmp_path):
    (tmp_path / "session.py").write_text(SESSION)
    guide = Guide("sqlalchemy", tmp_path)
    pooled, plain = (guide.run_command("python session.py", **environ) for environ in ({}, OFF))
    assert pooled.stdout == plain.stdout
    assert (pooled.stderr, plain.stderr) == ("True\n", "")
