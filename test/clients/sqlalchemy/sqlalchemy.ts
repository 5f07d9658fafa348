import type { BothRoutes } from '../both-routes.ts';
import { describePython } from '../python-scenarios.ts';

export function describeSqlalchemy(both: BothRoutes): void {
  describePython(both, new URL('./scenarios.py', import.meta.url), [
    [
      'statements, and what it finds out about tables',
      'core',
      ["'NUMERIC(10, 2)'", "'serializable'", 'items_price_check'],
    ],
    ['mapped classes', 'orm', ["{'i': 199}", "'UniqueViolation' '23505'", '20100']],
    ['a pool that replaces connections which have ended', 'pool_of_dead_connections', ['1 2']],
    ['the same over asyncpg', 'over_asyncpg', ["(1, 'anvil')", '10, 11]']],
  ]);
}
