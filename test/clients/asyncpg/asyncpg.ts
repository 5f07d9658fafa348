import type { BothRoutes } from '../both-routes.ts';
import { describePython } from '../python-scenarios.ts';

export function describeAsyncpg(both: BothRoutes): void {
  describePython(both, new URL('./scenarios.py', import.meta.url), [
    [
      'queries and types, in binary, and settings of the login',
      'queries',
      ["'7MB'", "'the tests'", "Decimal('12.50')"],
    ],
    ['errors with all their fields', 'errors', ["'UniqueViolationError' '23505'", "'items_price_check'"]],
    ['prepared statements, and many rows at once', 'prepared', ['count=2000']],
    [
      'transactions, savepoints and cursors',
      'transactions',
      ["'serializable'", 'x=300', "'ReadOnlySQLTransactionError'"],
    ],
    ['COPY in and out', 'copy', ["'COPY 100000'", "'InvalidTextRepresentationError'"]],
    ['notifications and notices', 'notifications', ["True 'the channel' 'two'", "('WARNING', 'w', None)"]],
    ['a timeout that cancels the statement, and the session goes on', 'cancel', ["'timeout'", "'still here'"]],
    ['a pool that is busy, and resets what it lends', 'pool', ['9900']],
    ['the end of the session when the server terminates it', 'terminated', ["'ConnectionDoesNotExistError'", 'True']],
    ['the words for a database that does not exist', 'wrong_database', ['database "nowhere" does not exist']],
  ]);
}
