"""Scenarios of psycopg2. Reads lines `NAME<TAB>DSN`; writes what each scenario saw, then `--- end`."""

import hashlib
import io
import select
import sys
import threading
import traceback

import psycopg2
import psycopg2.extensions
import psycopg2.extras

MIB = 1024 * 1024
DIAGNOSTICS = [name for name in dir(psycopg2.extensions.Diagnostics) if not name.startswith("_")]
STATUSES = [
    "server_version", "server_encoding", "client_encoding", "application_name", "default_transaction_read_only",
    "in_hot_standby", "is_superuser", "session_authorization", "DateStyle", "IntervalStyle", "TimeZone",
    "integer_datetimes", "standard_conforming_strings", "scram_iterations", "search_path",
]  # fmt: skip


def say(*values):
    print(*(repr(value) for value in values), flush=True)


def say_error(error):
    say(type(error).__name__, error.pgcode)
    for name in DIAGNOSTICS:
        value = getattr(error.diag, name)
        if value is not None:
            say("  " + name, value)


def fails(cursor, sql, arguments=None):
    try:
        cursor.execute(sql, arguments)
        say("no error", sql)
    except psycopg2.Error as error:
        say_error(error)


def say_result(cursor):
    columns = cursor.description and [(c.name, c.type_code, c.internal_size, c.precision) for c in cursor.description]
    say(cursor.statusmessage, cursor.rowcount, columns, cursor.description and cursor.fetchall())


def wait_until_running(dsn, marker):
    """Until another session of the same person runs a statement with that marker."""
    connection = psycopg2.connect(dsn)
    connection.autocommit = True  # In a transaction pg_stat_activity stays as it was when it was first looked at.
    with connection.cursor() as cursor:
        running = None
        while not running:
            cursor.execute(
                "select 1 from pg_stat_activity where state = 'active' and query like %s and pid <> pg_backend_pid()",
                (f"%{marker}%",),
            )
            running = cursor.fetchone()
    connection.close()


class Digest(io.RawIOBase):
    """A file that keeps a checksum of what is written to it."""

    def __init__(self):
        self.size, self.sha256 = 0, hashlib.sha256()

    def writable(self):
        return True

    def write(self, data):
        self.size += len(data)
        self.sha256.update(data)
        return len(data)


def queries(dsn):
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("select session_user, current_user, current_setting('is_superuser')")
        say_result(cursor)
        cursor.execute("select * from items order by id")
        say_result(cursor)
        cursor.execute("select %s, %s, %s, %s::bytea", (1, "ünï ☃", None, b"\x00\xff"))
        say(cursor.statusmessage, [value if not isinstance(value, memoryview) else bytes(value) for value in cursor.fetchone()])
        for sql in ["create temp table t (x int)", "insert into t values (1), (2)", "update t set x = 3", "delete from t"]:
            cursor.execute(sql)
            say(cursor.statusmessage, cursor.rowcount)
        psycopg2.extras.execute_values(cursor, "insert into t values %s returning x", [(i,) for i in range(250)], fetch=True)
        cursor.execute("select 1; select 2 as last")
        say_result(cursor)


def errors(dsn):
    connection = psycopg2.connect(dsn)
    with connection.cursor() as cursor:
        fails(cursor, "select 1 / 0")
        fails(cursor, "select 'in a failed transaction'")
        connection.rollback()
        for sql in [
            "selec 1",
            "insert into items values (1, 'again', 1)",
            "insert into items values (9, null, 1)",
            "insert into items values (9, 'debt', -1)",
            "select * from pg_authid",
            "do $$ begin execute 'selec 1'; end $$",
        ]:
            fails(cursor, sql)
            connection.rollback()
        fails(cursor, "set statement_timeout = 1; select pg_sleep(60)")
    connection.close()


def notices(dsn):
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("set client_min_messages = debug1")
        cursor.execute("do $$ begin raise debug 'd'; raise info 'i'; raise notice 'n' using hint = 'h'; raise warning 'w'; end $$")
        say(*connection.notices)


def settings(dsn):
    connection = psycopg2.connect(dsn, options="-c work_mem=7MB -c datestyle=german", application_name="the tests")
    say(connection.encoding, connection.server_version, *((name, connection.get_parameter_status(name)) for name in STATUSES))
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        say(cursor.fetchone()[0] == connection.get_backend_pid())
        connection.set_client_encoding("LATIN1")
        say(connection.encoding, connection.get_parameter_status("client_encoding"))
        cursor.execute("set work_mem = '9MB'; set timezone = 'Asia/Tokyo'; commit")
        say(connection.get_parameter_status("TimeZone"))
        connection.reset()
        for name in ["work_mem", "timezone", "datestyle", "application_name", "client_encoding"]:
            cursor.execute(f"show {name}")
            say(name, cursor.fetchone())
    connection.close()


def transactions(dsn):
    connection = psycopg2.connect(dsn)
    connection.set_session(isolation_level="SERIALIZABLE", deferrable=True)
    with connection.cursor() as cursor:
        cursor.execute("create temp table t (x int); savepoint s; insert into t values (1); rollback to s; insert into t values (2)")
        say(connection.get_transaction_status(), cursor.statusmessage)
        connection.commit()
        fails(cursor, "selec")
        say(connection.get_transaction_status())
        connection.rollback()
        cursor.execute("select * from t")
        say_result(cursor)
        connection.rollback()
        connection.set_session(readonly=True)
        fails(cursor, "create table never_made (x int)")
        connection.rollback()
        connection.autocommit = True
        cursor.execute("select txid_current_if_assigned()")
        say_result(cursor)
    connection.close()


def two_phase_commit(dsn):
    connection = psycopg2.connect(dsn)
    xid = connection.xid(42, "transaction", "of the tests")
    connection.tpc_begin(xid)
    with connection.cursor() as cursor:
        cursor.execute("insert into items values (50, 'prepared', 1)")
    connection.tpc_prepare()
    connection.reset()
    say(*(found.gtrid for found in connection.tpc_recover()))
    connection.tpc_rollback(xid)
    connection.close()


def cursors(dsn):
    with psycopg2.connect(dsn) as connection:
        with connection.cursor("named", scrollable=True) as cursor:
            cursor.itersize = 7
            cursor.execute("select generate_series(1, 30)")
            say(cursor.fetchmany(5))
            cursor.scroll(-2)
            say(cursor.fetchone(), len(cursor.fetchall()))
        with connection.cursor("held", withhold=True) as cursor:
            cursor.execute("select generate_series(1, 3)")
            connection.commit()
            say(cursor.fetchall())


def copy(dsn):
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("create temp table t (x int, y text)")
        cursor.copy_expert("copy t from stdin", io.StringIO("1\tone\n2\t\\N\n"))
        say(cursor.rowcount)
        binary = io.BytesIO()
        cursor.copy_expert("copy t to stdout (format binary)", binary)
        say(binary.getvalue())
        cursor.copy_expert("copy t from stdin (format binary)", io.BytesIO(binary.getvalue()))
        text = io.StringIO()
        cursor.copy_expert("copy t to stdout (format csv, header)", text)
        say(text.getvalue())
        connection.commit()
        try:
            cursor.copy_expert("copy t from stdin", io.StringIO("one\tx\n"))
        except psycopg2.Error as error:
            say_error(error)


def copy_64_mib(dsn):
    rows = b"".join(b"%d\t%s\n" % (i, b"x" * 1016) for i in range(64 * 1024))
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("create temp table t (x int, y text)")
        cursor.copy_expert("copy t from stdin", io.BytesIO(rows), MIB)
        for form in ["text", "binary"]:
            digest = Digest()
            cursor.copy_expert(f"copy t to stdout (format {form})", digest)
            say(cursor.rowcount, digest.size, digest.sha256.hexdigest())


def notifications(dsn):
    listener, notifier = psycopg2.connect(dsn), psycopg2.connect(dsn)
    listener.autocommit = notifier.autocommit = True
    with listener.cursor() as cursor:
        cursor.execute('listen "the channel"')
    with notifier.cursor() as cursor:
        cursor.execute("select pg_notify('the channel', 'one'), pg_notify('the channel', 'two')")
    while len(listener.notifies) < 2:
        select.select([listener], [], [])
        listener.poll()
    say(*((n.channel, n.payload, n.pid == notifier.get_backend_pid()) for n in listener.notifies))
    listener.close()
    notifier.close()


def cancel(dsn):
    connection = psycopg2.connect(dsn)

    def interrupt():
        wait_until_running(dsn, "cancelled by psycopg2")
        connection.cancel()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with connection.cursor() as cursor:
        fails(cursor, "select pg_sleep(60), 'cancelled by psycopg2'")
        thread.join()
        connection.rollback()
        cursor.execute("select 'still here'")
        say_result(cursor)
    connection.close()


def large_objects(dsn):
    """libpq reads and writes them by FunctionCall messages."""
    with psycopg2.connect(dsn) as connection:
        written = connection.lobject(0, "wb")
        written.write(b"\x00\x01" * MIB)
        written.seek(5)
        read = connection.lobject(written.oid, "rb")
        say(len(read.read()), written.tell(), hashlib.sha256(read.read()).hexdigest())
        written.unlink()


def asynchronous(dsn):
    connection = psycopg2.connect(dsn, async_=True)
    psycopg2.extras.wait_select(connection)
    cursor = connection.cursor()
    cursor.execute("select repeat('x', 1000000)")
    psycopg2.extras.wait_select(connection)
    say(len(cursor.fetchone()[0]), connection.isexecuting())
    connection.close()


def terminated(dsn):
    connection = psycopg2.connect(dsn)
    with connection.cursor() as cursor:
        try:
            cursor.execute("select pg_terminate_backend(pg_backend_pid())")
        except psycopg2.Error as error:
            # It keeps no words but libpq's own, which differ with TLS.
            say(type(error).__name__, connection.closed)


def wrong_database(dsn):
    try:
        psycopg2.connect(dsn, dbname="nowhere")
    except psycopg2.OperationalError as error:
        # A gateway adds a DETAIL and a HINT to it.
        say(str(error).strip().split("FATAL:")[1].splitlines()[0])


for line in sys.stdin:
    name, dsn = line.rstrip("\n").split("\t")
    try:
        globals()[name](dsn)
    except Exception:
        traceback.print_exc(file=sys.stdout)
    print("--- end", flush=True)
