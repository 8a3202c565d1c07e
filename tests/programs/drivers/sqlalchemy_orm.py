"""Stores orders in an SQLite database by the ORM of SQLAlchemy, and reads and changes them."""

from common import RANDOM, WORDS, loaded, scaled, sentence, show
from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    rows: Mapped[list["Row"]] = relationship(back_populates="order", cascade="all, delete-orphan")


class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    text: Mapped[str]
    amount: Mapped[int]
    order: Mapped[Order] = relationship(back_populates="rows")


def work(engine):
    for batch in range(scaled(5)):
        with Session(engine) as session:
            for _ in range(120):
                rows = [Row(text=sentence(4), amount=RANDOM.randint(1, 99)) for _ in range(5)]
                session.add(Order(owner=RANDOM.choice(WORDS), rows=rows))
            session.commit()
        with Session(engine) as session:
            orders = session.scalars(select(Order).options(selectinload(Order.rows)).order_by(Order.id)).all()
            for order in orders[:: batch + 3]:
                order.rows[0].amount += len(order.rows)
            session.commit()
            totals = session.execute(
                select(Row.order_id, func.sum(Row.amount)).group_by(Row.order_id).order_by(Row.order_id)
            )
            yield f"{len(orders)} {totals.all()} {[order.owner for order in orders[:50]]}"


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
loaded()
show(work(engine))
