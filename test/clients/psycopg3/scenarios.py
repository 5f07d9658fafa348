"""Scenarios of psycopg 3."""

import asyncio
import datetime
import decimal
import hashlib
import threading

import psycopg
from psycopg import sql
from psycopg.rows import dict_row, namedtuple_row
from psycopg.types.json import Jsonb
from transcript import run_scenarios, say

DIAGNOSTICS = [
    "severity", "severity_nonlocalized", "sqlstate", "message_primary", "message_detail", "message_hint", "context",
    "schema_name", "table_name", "column_name", "datatype_name", "constraint_name", "source_function",
]  # fmt: skip


def say_error(error):
    say(type(error).__name__, error.sqlstate, *((name, getattr(error.diag, name)) for name in DIAGNOSTICS))


def say_result(cursor):
    columns = cursor.description and [(c.name, c.type_code, c.internal_size) for c in cursor.description]
    say(cursor.statusmessage, cursor.rowcount, columns, cursor.description and cursor.fetchall())


def queries(uri):
    with psycopg.connect(uri, application_name="the tests", options="-c work_mem=7MB") as connection:
        for binary in [False, True]:
            with connection.cursor(binary=binary, row_factory=namedtuple_row) as cursor:
                cursor.execute("select session_user, current_setting('work_mem'), %s::text as name", ["ünï ☃"])
                say_result(cursor)
                cursor.execute("select * from items where id <= %s order by id", [3])
                say_result(cursor)
                moment = datetime.datetime(2024, 2, 29, 12, 0, tzinfo=datetime.timezone.utc)
                values = [moment, decimal.Decimal("12.50"), [1, 2, None], Jsonb({"a": [1, "☃"]}), b"\x00\xff", None]
                cursor.execute("select %s::timestamptz, %s, %s::int[], %s::jsonb, %b::bytea, %s::text", values)
                say_result(cursor)
        info = connection.info
        say(info.backend_pid == connection.execute("select pg_backend_pid()").fetchone()[0], info.server_version)
        say(info.parameter_status("TimeZone"), info.parameter_status("application_name"), info.encoding)


def prepared(uri):
    with psycopg.connect(uri, row_factory=dict_row) as connection:
        for i in range(8):
            connection.execute("select %s + 1 as next", [i], prepare=i > 2)
        say(connection.execute("select count(*) from pg_prepared_statements").fetchall())
        with connection.cursor() as cursor:
            cursor.execute("create temp table t (x int, y text)")
            cursor.executemany("insert into t values (%s, %s)", [(i, f"row {i}") for i in range(500)])
            say(cursor.rowcount)
            cursor.executemany("insert into t values (%s, 'r') returning x", [(1,), (2,)], returning=True)
            say(cursor.fetchall(), cursor.nextset(), cursor.fetchall())


def pipeline(uri):
    with psycopg.connect(uri, autocommit=True) as connection:
        with connection.pipeline() as pipe:
            cursors = [connection.execute("select %s::int", [i]) for i in range(1000)]
            pipe.sync()
            say(sum(cursor.fetchone()[0] for cursor in cursors))
        try:
            with connection.pipeline():
                connection.execute("select 1")
                connection.execute("select 1 / 0")
                connection.execute("select 'skipped'")
        except psycopg.Error as error:
            say_error(error)
        say(connection.execute("select 'still here'").fetchall())


def errors(uri):
    with psycopg.connect(uri) as connection:
        for text in [
            "select 1 / 0", "select 'in a failed transaction'", "selec 1", "insert into items values (1, 'again', 1)",
            "insert into items values (9, 'debt', -1)", "select * from pg_authid", "set work_mem = nonsense",
        ]:  # fmt: skip
            try:
                connection.execute(text)
                say("no error", text)
            except psycopg.Error as error:
                say_error(error)
            if not text.startswith("select 1 / 0"):
                connection.rollback()


def transactions(uri):
    with psycopg.connect(uri) as connection:
        connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        with connection.transaction():
            connection.execute("create temp table t (x int)")
            try:
                with connection.transaction():
                    connection.execute("insert into t values (1)")
                    raise psycopg.Rollback
            except psycopg.Rollback:
                say("never here")
            connection.execute("insert into t values (2)")
        say(connection.execute("select x, current_setting('transaction_isolation') from t").fetchall())
        connection.rollback()
        xid = connection.xid(7, "psycopg 3", "of the tests")
        connection.tpc_begin(xid)
        connection.execute("insert into items values (51, 'prepared', 1)")
        connection.tpc_prepare()
        with psycopg.connect(uri) as other:
            say([found.gtrid for found in other.tpc_recover()])
        connection.tpc_rollback()


def cursors(uri):
    with psycopg.connect(uri) as connection:
        with connection.cursor("named", scrollable=True) as cursor:
            cursor.itersize = 7
            cursor.execute("select generate_series(1, 30)")
            say(cursor.fetchmany(5), [row[0] for row in cursor][-1])
        with psycopg.ClientCursor(connection) as cursor:
            say(cursor.mogrify("select %s", ["it's"]), cursor.execute("select %s", ["it's"]).fetchone())
        with connection.cursor() as cursor:
            say([row for row in cursor.stream("select generate_series(1, %s)", [1000])][-1])


def copy(uri):
    with psycopg.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute("create temp table t (x int, y text)")
        with cursor.copy("copy t from stdin") as target:
            for i in range(30_000):
                target.write_row((i, "x" * 100))
        for form in ["text", "binary"]:
            digest, size = hashlib.sha256(), 0
            with cursor.copy(sql.SQL("copy t to stdout (format {})").format(sql.Identifier(form))) as source:
                for chunk in source:
                    digest.update(chunk)
                    size += len(chunk)
            say(cursor.rowcount, size, digest.hexdigest())
        try:
            with cursor.copy("copy t from stdin") as target:
                target.write("no number\tx\n")
        except psycopg.Error as error:
            say_error(error)
        connection.rollback()
        try:
            with cursor.copy("copy items from stdin") as target:
                raise ValueError("changed its mind")
        except psycopg.errors.QueryCanceled as error:
            say_error(error)


def cancel(uri):
    with psycopg.connect(uri) as connection, psycopg.connect(uri, autocommit=True) as other:

        def interrupt():
            running = None
            while not running:
                running = other.execute(
                    "select 1 from pg_stat_activity where state = 'active' and query like %s and pid <> pg_backend_pid()",
                    ["%cancelled by psycopg 3%"],
                ).fetchone()
            connection.cancel()

        thread = threading.Thread(target=interrupt)
        thread.start()
        try:
            connection.execute("select pg_sleep(60), 'cancelled by psycopg 3'")
        except psycopg.Error as error:
            say_error(error)
        thread.join()
        connection.rollback()
        say(connection.execute("select 'still here'").fetchall())


async def asynchronous(uri):
    listener = await psycopg.AsyncConnection.connect(uri, autocommit=True)
    await listener.execute('listen "the channel"')
    notifier = await psycopg.AsyncConnection.connect(uri, autocommit=True)
    await notifier.execute("select pg_notify('the channel', 'one'), pg_notify('the channel', 'two')")
    heard = []
    async for notify in listener.notifies():
        heard.append((notify.channel, notify.payload, notify.pid == notifier.info.backend_pid))
        if len(heard) == 2:
            break
    say(heard)
    results = await asyncio.gather(*(one_of_many(uri, i) for i in range(20)))
    say(results)
    await listener.close()
    await notifier.close()


async def one_of_many(uri, i):
    async with await psycopg.AsyncConnection.connect(uri) as connection:
        return (await (await connection.execute("select %s::int", [i])).fetchone())[0]


def terminated(uri):
    connection = psycopg.connect(uri)
    try:
        connection.execute("select pg_terminate_backend(pg_backend_pid())")
    except psycopg.Error as error:
        say(type(error).__name__, error.sqlstate, connection.closed)


def wrong_database(uri):
    try:
        psycopg.connect(uri, dbname="nowhere")
    except psycopg.OperationalError as error:
        # A gateway adds a DETAIL and a HINT to it.
        say(str(error).strip().split("FATAL:")[1].splitlines()[0])


run_scenarios(globals())
