import type { BothRoutes } from '../both-routes.ts';
import { describePython } from '../python-scenarios.ts';

export function describePsycopg3(both: BothRoutes): void {
  describePython(both, new URL('./scenarios.py', import.meta.url), [
    ['queries and types, as text and binary', 'queries', ["'7MB', name='ünï ☃'", 'True']],
    ['prepared statements, and many rows at once', 'prepared', ['500', "{'x': 2}"]],
    ['pipelines, and their errors', 'pipeline', ['499500', "'DivisionByZero' '22012'", "[('still here',)]"]],
    ['errors with all their diagnostics', 'errors', ["'UniqueViolation' '23505'", "'InFailedSqlTransaction'"]],
    ['transactions within transactions, and in two phases', 'transactions', ["(2, 'serializable')", "'psycopg 3'"]],
    ['named cursors, and rows one by one', 'cursors', ['(1000,)']],
    ['COPY in and out, and one that changes its mind', 'copy', ["'InvalidTextRepresentation'", 'changed its mind']],
    ['a query ended by cancel(), and the session goes on', 'cancel', ["'QueryCanceled'", "[('still here',)]"]],
    ['many connections at once, and notifications', 'asynchronous', ["('the channel', 'two', True)", '18, 19]']],
    ['the end of the session when the server terminates it', 'terminated', ['True']],
    ['the words for a database that does not exist', 'wrong_database', ['database "nowhere" does not exist']],
  ]);
}
