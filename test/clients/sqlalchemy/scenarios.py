"""Scenarios of SQLAlchemy, over psycopg2 and asyncpg."""

import asyncio

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session, declarative_base, relationship
from transcript import run_scenarios, say

Base = declarative_base()


class Customer(Base):
    __tablename__ = "sa_customers"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.Text, unique=True, nullable=False)
    orders = relationship("Order", back_populates="customer", cascade="all, delete-orphan", order_by="Order.id")


class Order(Base):
    __tablename__ = "sa_orders"
    id = sa.Column(sa.Integer, primary_key=True)
    customer_id = sa.Column(sa.ForeignKey("sa_customers.id"), nullable=False)
    total = sa.Column(sa.Numeric(10, 2))
    tags = sa.Column(sa.ARRAY(sa.Text))
    details = sa.Column(sa.JSON)
    customer = relationship("Customer", back_populates="orders")


def engine_of(uri, **options):
    return sa.create_engine(make_url(uri).set(drivername="postgresql+psycopg2"), **options)


def core(uri):
    engine = engine_of(uri, pool_size=3, pool_pre_ping=True)
    items = sa.Table("items", sa.MetaData(), autoload_with=engine)
    say([(column.name, str(column.type), column.nullable) for column in items.columns])
    with engine.connect() as connection:
        say(connection.execute(sa.select(items).where(items.c.id <= 3).order_by(items.c.id)).fetchall())
        say(connection.execute(sa.text("select session_user, :x"), {"x": "ünï ☃"}).fetchall())
    for isolation in ["AUTOCOMMIT", "SERIALIZABLE"]:
        with engine.connect().execution_options(isolation_level=isolation) as connection:
            say(connection.execute(sa.text("show transaction_isolation")).scalar())
    inspector = sa.inspect(engine)
    say(inspector.get_pk_constraint("items"), inspector.get_check_constraints("items"))
    engine.dispose()


def orm(uri):
    engine = engine_of(uri)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        orders = [Order(total=i, tags=["a", f"{i}"], details={"i": i}) for i in range(200)]
        session.add(Customer(name="Ünï", orders=orders))
        session.commit()
        say(session.query(Customer).join(Order).filter(Order.total > 198).one().orders[-1].details)
        session.add(Customer(name="Ünï"))
        try:
            session.commit()
        except sa.exc.IntegrityError as error:
            say(type(error.orig).__name__, error.orig.pgcode, error.orig.diag.constraint_name)
            session.rollback()
        streamed = session.execute(sa.select(Order.id).order_by(Order.id).execution_options(stream_results=True, yield_per=30))
        say(sum(streamed.scalars()))
        session.delete(session.query(Customer).one())
        session.commit()
        say(session.query(Order).count())
    Base.metadata.drop_all(engine)
    engine.dispose()


def pool_of_dead_connections(uri):
    """What pool_pre_ping is for: a connection that ended while it was idle is replaced, without an error."""
    engine = engine_of(uri, pool_pre_ping=True)
    with engine.connect() as victim, engine.connect() as other:
        pid = victim.connection.get_backend_pid()
        other.execute(sa.text("select pg_terminate_backend(:pid)"), {"pid": pid})
        gone = sa.text("select count(*) from pg_stat_activity where pid = :pid")
        while other.execution_options(isolation_level="AUTOCOMMIT").execute(gone, {"pid": pid}).scalar():
            pass
    with engine.connect() as one, engine.connect() as two:
        say(one.execute(sa.text("select 1")).scalar(), two.execute(sa.text("select 2")).scalar())
    engine.dispose()


async def over_asyncpg(uri):
    url = make_url(uri)
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg", query={}), connect_args=asyncpg_tls(url))
    async with engine.connect() as connection:
        rows = await connection.execute(sa.text("select id, name from items where id <= 3 order by id"))
        say(rows.fetchall())
        streamed = await connection.stream(sa.text("select generate_series(1, 500)"))
        say([row[0] async for row in streamed][-1])

    async def one(i):
        async with engine.connect() as connection:
            return (await connection.execute(sa.text("select cast(:i as int)"), {"i": i})).scalar()

    say(await asyncio.gather(*(one(i) for i in range(12))))
    await engine.dispose()


def asyncpg_tls(url):
    """SQLAlchemy hands asyncpg keyword arguments, among which there is no `sslmode` of libpq's."""
    if url.query.get("sslmode") == "disable":
        return {"ssl": False}
    import ssl

    context = ssl.create_default_context(cafile=url.query["sslrootcert"])
    context.load_cert_chain(url.query["sslcert"], url.query["sslkey"])
    return {"ssl": context}


run_scenarios(globals())
