"""Scenarios of libpq itself, the library named by LIBPQ. Reads lines `NAME<TAB>CONNINFO`; writes what each saw, then `--- end`."""

import ctypes
import os
import sys
import threading
import traceback

pq = ctypes.CDLL(os.environ["LIBPQ"])
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
for name in ["PQconnectdb", "PQexec", "PQgetResult", "PQgetCancel", "PQmakeEmptyPGresult", "PQcancelCreate"]:
    if hasattr(pq, name):
        getattr(pq, name).restype = ctypes.c_void_p
for name in ["PQerrorMessage", "PQresultErrorMessage", "PQresultErrorField", "PQgetvalue", "PQresStatus", "PQcmdStatus"]:
    getattr(pq, name).restype = ctypes.c_char_p

CONNECTION_OK = 0
TUPLES_OK, SINGLE_TUPLE, TUPLES_CHUNK = 2, 9, 12
SUPPRESS_TIMESTAMPS, REGRESS_MODE = 1, 2
SQLSTATE = ord("C")


def say(*values):
    print(*values, flush=True)


class Connection:
    def __init__(self, conninfo):
        self.pointer = ctypes.c_void_p(pq.PQconnectdb(conninfo.encode()))
        if pq.PQstatus(self.pointer) != CONNECTION_OK:
            raise Exception(pq.PQerrorMessage(self.pointer).decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pq.PQfinish(self.pointer)

    def execute(self, sql):
        return Result(pq.PQexec(self.pointer, sql.encode()))

    def send(self, sql, *values):
        array = (ctypes.c_char_p * len(values))(*(str(value).encode() for value in values))
        if not pq.PQsendQueryParams(self.pointer, sql.encode(), len(values), None, array, None, None, 0):
            raise Exception(pq.PQerrorMessage(self.pointer).decode())

    def results(self):
        """Up to the one that says that there is none for now."""
        while pointer := pq.PQgetResult(self.pointer):
            yield Result(pointer)


class Result:
    def __init__(self, pointer):
        pointer = ctypes.c_void_p(pointer)
        self.code = pq.PQresultStatus(pointer)
        self.status = pq.PQresStatus(self.code).decode()
        self.rows = [
            [pq.PQgetvalue(pointer, row, column).decode() for column in range(pq.PQnfields(pointer))]
            for row in range(pq.PQntuples(pointer))
        ]
        state = pq.PQresultErrorField(pointer, SQLSTATE)
        self.sqlstate = state and state.decode()
        pq.PQclear(pointer)


def wait_until_running(conninfo, marker):
    with Connection(conninfo) as connection:
        sql = "select 1 from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%" + marker + "%'"
        while not connection.execute(sql).rows:
            pass


def version(conninfo):
    """The protocol, and whether it is encrypted."""
    with Connection(conninfo) as connection:
        full = pq.PQfullProtocolVersion if hasattr(pq, "PQfullProtocolVersion") else pq.PQprotocolVersion
        say(full(connection.pointer), pq.PQsslInUse(connection.pointer), *connection.execute("select session_user").rows[0])


def pipeline(conninfo):
    """libpq's own record of the messages both ways."""
    with Connection(conninfo) as connection:
        path = f"/tmp/gprxy-trace-{os.getpid()}"
        trace = ctypes.c_void_p(libc.fopen(path.encode(), b"w"))
        pq.PQtrace(connection.pointer, trace)
        pq.PQsetTraceFlags(connection.pointer, SUPPRESS_TIMESTAMPS | REGRESS_MODE)
        pq.PQenterPipelineMode(connection.pointer)
        for i in range(5):
            connection.send("select $1::int + 1", i)
        connection.send("select 1 / $1::int", 0)
        connection.send("select 'skipped'")
        pq.PQpipelineSync(connection.pointer)
        connection.send("select 'flushed'")
        pq.PQsendFlushRequest(connection.pointer)
        pq.PQflush(connection.pointer)
        for _ in range(10):
            for result in connection.results():
                say(result.status, result.sqlstate, result.rows)
        pq.PQpipelineSync(connection.pointer)
        pq.PQuntrace(connection.pointer)
        libc.fclose(trace)
        with open(path) as lines:
            # When a Flush or Sync is answered is a matter of time; what each side says is not.
            messages = [line.strip() for line in lines]
        os.unlink(path)
        for side in "FB":
            say(*(message for message in messages if message.startswith(side)), sep="\n")


def row_by_row(conninfo):
    with Connection(conninfo) as connection:
        connection.send("select generate_series(1, 1000)")
        pq.PQsetSingleRowMode(connection.pointer)
        singles = [result.code for result in connection.results()]
        say(singles.count(SINGLE_TUPLE), singles.count(TUPLES_OK))
        if hasattr(pq, "PQsetChunkedRowsMode"):
            connection.send("select generate_series(1, 1000)")
            pq.PQsetChunkedRowsMode(connection.pointer, 300)
            say(*((result.code == TUPLES_CHUNK, len(result.rows)) for result in connection.results()))


def cancelled(conninfo, cancel, marker):
    with Connection(conninfo) as connection:

        sent = []

        def interrupt():
            wait_until_running(conninfo, marker)
            sent.append(cancel(connection))

        thread = threading.Thread(target=interrupt)
        thread.start()
        say(connection.execute(f"select pg_sleep(60), '{marker}'").sqlstate)
        thread.join()
        say("sent", *sent)
        say(connection.execute("select 'still here'").rows)


def cancel_by_key(conninfo):
    """The old way: a CancelRequest in plaintext."""

    def cancel(connection):
        handle = ctypes.c_void_p(pq.PQgetCancel(connection.pointer))
        sent = pq.PQcancel(handle, ctypes.create_string_buffer(256), 256)
        pq.PQfreeCancel(handle)
        return sent

    cancelled(conninfo, cancel, "cancelled by PQcancel")


def cancel_like_the_session(conninfo):
    """The way since PostgreSQL 17: encrypted and verified where the session is."""

    def cancel(connection):
        handle = ctypes.c_void_p(pq.PQcancelCreate(connection.pointer))
        sent = pq.PQcancelBlocking(handle)
        pq.PQcancelFinish(handle)
        return sent

    cancelled(conninfo, cancel, "cancelled by PQcancelBlocking")


for line in sys.stdin:
    name, conninfo = line.rstrip("\n").split("\t")
    try:
        globals()[name](conninfo)
    except Exception:
        traceback.print_exc(file=sys.stdout)
    print("--- end", flush=True)
