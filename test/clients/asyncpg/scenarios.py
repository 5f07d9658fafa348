"""Scenarios of asyncpg, which speaks the protocol by itself: binary, prepared, without libpq."""

import asyncio
import datetime
import decimal
import hashlib
import io

import asyncpg
from transcript import run_scenarios, say


def say_error(error):
    fields = {name: text for name, text in error.as_dict().items() if name not in ["server_source_line", "query"]}
    say(type(error).__name__, error.sqlstate, *sorted(fields.items(), key=str))


async def fails(connection, text):
    try:
        await connection.execute(text)
        say("no error", text)
    except asyncpg.PostgresError as error:
        say_error(error)


async def queries(uri):
    settings = {"application_name": "the tests", "work_mem": "7MB", "search_path": "pg_catalog,public"}
    connection = await asyncpg.connect(uri, server_settings=settings)
    say(await connection.fetch("select session_user, current_setting('work_mem'), current_setting('search_path')"))
    say(await connection.fetch("select * from items where id <= $1 order by id", 3))
    moment = datetime.datetime(2024, 2, 29, 12, 0, tzinfo=datetime.timezone.utc)
    say(
        await connection.fetchrow(
            "select $1::timestamptz, $2::numeric, $3::int[], $4::jsonb, $5::bytea, $6::text, $7::interval, $8::uuid",
            moment, decimal.Decimal("12.50"), [1, 2, None], '{"a": [1, "☃"]}', b"\x00\xff", None,
            datetime.timedelta(days=1, seconds=2), "00000000-0000-0000-0000-000000000001",
        )  # fmt: skip
    )
    say(await connection.fetchval("select pg_backend_pid()") == connection.get_server_pid())
    kept = connection.get_settings()
    say(connection.get_server_version(), kept.application_name, kept.TimeZone, kept.client_encoding)
    say(await connection.execute("create temp table t (x int); insert into t values (1), (2); select 1"))
    await connection.close()


async def errors(uri):
    connection = await asyncpg.connect(uri)
    for text in [
        "select 1 / 0", "selec 1", "insert into items values (1, 'again', 1)", "select * from pg_authid",
        "insert into items values (9, 'debt', -1)", "set work_mem = nonsense",
    ]:  # fmt: skip
        await fails(connection, text)
    await connection.close()


async def prepared(uri):
    connection = await asyncpg.connect(uri)
    statement = await connection.prepare("select $1::int + 1 as next, name from items where id = $2")
    say(statement.get_parameters(), statement.get_attributes(), statement.get_statusmsg())
    say(await statement.fetch(1, 2), await statement.fetchval(2, 3), statement.get_statusmsg())
    await connection.execute("create temp table t (x int, y text)")
    await connection.executemany("insert into t values ($1, $2)", [(i, f"row {i}") for i in range(2000)])
    say(await connection.fetchrow("select count(*), min(y), max(x) from t"))
    await connection.reset()
    say(await connection.fetchval("select count(*) from t"))
    await connection.close()


async def transactions(uri):
    connection = await asyncpg.connect(uri)
    await connection.execute("create temp table t (x int)")
    async with connection.transaction(isolation="serializable", deferrable=True):
        say(await connection.fetchval("show transaction_isolation"))
        try:
            async with connection.transaction():
                await connection.execute("insert into t values (1)")
                await connection.execute("select 1 / 0")
        except asyncpg.PostgresError as error:
            say_error(error)
        await connection.execute("insert into t values (2)")
        say([row async for row in connection.cursor("select generate_series(1, 300) as x", prefetch=20)][-1])
    say(await connection.fetch("select * from t"), connection.is_in_transaction())
    async with connection.transaction(readonly=True):
        await fails(connection, "create table never_made (x int)")
        await fails(connection, "select 'in a failed transaction'")
    await connection.close()


async def copy(uri):
    connection = await asyncpg.connect(uri)
    await connection.execute("create temp table t (x int, y text)")
    rows = ((i, "x" * 100) for i in range(100_000))
    say(await connection.copy_records_to_table("t", records=rows))
    for form in ["text", "csv", "binary"]:
        out = io.BytesIO()
        say(await connection.copy_from_table("t", output=out, format=form))
        say(form, len(out.getvalue()), hashlib.sha256(out.getvalue()).hexdigest())
        out.seek(0)
        say(await connection.copy_to_table("t", source=out, format=form) if form == "csv" else None)
    try:
        await connection.copy_to_table("t", source=io.BytesIO(b"no number\tx\n"))
    except asyncpg.PostgresError as error:
        say_error(error)
    await connection.close()


async def notifications(uri):
    listener, notifier = await asyncpg.connect(uri), await asyncpg.connect(uri)
    heard = asyncio.Queue()
    await listener.add_listener("the channel", lambda _, pid, channel, payload: heard.put_nowait((pid, channel, payload)))
    await notifier.execute("select pg_notify('the channel', 'one'), pg_notify('the channel', 'two')")
    for _ in range(2):
        pid, channel, payload = await heard.get()
        say(pid == notifier.get_server_pid(), channel, payload)
    notices = []
    notifier.add_log_listener(lambda _, message: notices.append((message.severity, message.message, message.hint)))
    await notifier.execute("do $$ begin raise notice 'n' using hint = 'h'; raise warning 'w'; end $$")
    await asyncio.sleep(0)
    say(notices)
    await listener.close()
    await notifier.close()


async def cancel(uri):
    """A timeout makes asyncpg cancel the statement, by a connection of its own."""
    connection = await asyncpg.connect(uri)
    try:
        await connection.fetch("select pg_sleep(60), 'cancelled by asyncpg'", timeout=0.2)
    except asyncio.TimeoutError:
        say("timeout")
    say(await connection.fetchval("select 'still here'"))
    # Whether the statement is over on the server as well.
    running = 1
    while running:
        running = await connection.fetchval(
            "select count(*) from pg_stat_activity where state = 'active' and query like '%cancelled by asyncpg%'"
            " and pid <> pg_backend_pid()"
        )
    say(running)
    await connection.close()


async def pool(uri):
    async with asyncpg.create_pool(uri, min_size=5, max_size=10) as many:

        async def work(i):
            async with many.acquire() as connection:
                await connection.execute(f"set work_mem = '{i + 1}MB'; select pg_advisory_lock({i})")
                return await connection.fetchval("select $1::int * 2", i)

        say(sum(await asyncio.gather(*(work(i) for i in range(100)))))
        async with many.acquire() as connection:
            say(await connection.fetchval("select count(*) from pg_locks where locktype = 'advisory'"))
            say(await connection.fetchval("show work_mem"))


async def terminated(uri):
    connection = await asyncpg.connect(uri)
    try:
        await connection.execute("select pg_terminate_backend(pg_backend_pid())")
    except asyncpg.PostgresError as error:
        say_error(error)
    say(connection.is_closed())


async def wrong_database(uri):
    try:
        await asyncpg.connect(uri, database="nowhere")
    except asyncpg.PostgresError as error:
        say(type(error).__name__, error.sqlstate, error.args[0])


run_scenarios(globals())
