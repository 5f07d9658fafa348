"""A login by OAUTHBEARER with libpq itself, the library named by LIBPQ. Reads the conninfo and a token, one a line."""

import ctypes
import os
import sys

pq = ctypes.CDLL(os.environ["LIBPQ"])
for name in ["PQconnectdb", "PQexec"]:
    getattr(pq, name).restype = ctypes.c_void_p
for name in ["PQerrorMessage", "PQgetvalue"]:
    getattr(pq, name).restype = ctypes.c_char_p

CONNECTION_OK = 0
OAUTH_BEARER_TOKEN = 1


class BearerRequest(ctypes.Structure):
    """PGoauthBearerRequest of libpq-fe.h: two inputs, two callbacks, one output."""

    _fields_ = [
        ("openid_configuration", ctypes.c_char_p),
        ("scope", ctypes.c_char_p),
        ("async_", ctypes.c_void_p),
        ("cleanup", ctypes.c_void_p),
        ("token", ctypes.c_char_p),
        ("user", ctypes.c_void_p),
    ]


conninfo, token = sys.stdin.read().splitlines()


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
def hook(kind, _connection, data):
    if kind != OAUTH_BEARER_TOKEN:
        return 0
    request = ctypes.cast(data, ctypes.POINTER(BearerRequest)).contents
    print("asked for a token of", request.openid_configuration.decode(), "for", request.scope.decode())
    request.token = token.encode()
    return 1


pq.PQsetAuthDataHook(hook)
connection = ctypes.c_void_p(pq.PQconnectdb(conninfo.encode()))
if pq.PQstatus(connection) == CONNECTION_OK:
    result = ctypes.c_void_p(pq.PQexec(connection, b"select session_user"))
    print("session_user", pq.PQgetvalue(result, 0, 0).decode())
else:
    print(pq.PQerrorMessage(connection).decode())
pq.PQfinish(connection)
