import type { Person, World } from '../world.ts';
import { cancel } from './cancel.ts';
import { copy } from './copy.ts';
import { hangUp, idle, terminatedBy } from './hang-up.ts';
import { listen } from './listen.ts';
import { queries } from './queries.ts';

/** What one client does from its connection to its end. Rejects with Told or Wrong. */
export type Job = (person: Person) => Promise<void>;
export type JobName = 'queries' | 'copy' | 'listen' | 'cancel' | 'terminated' | 'hang up' | 'idle';

/** In these the server sends rows without a pause, so that an end may come in the middle of one, where nobody can be told. */
export const CUT_IN_ROWS: ReadonlySet<JobName> = new Set(['copy', 'hang up']);

/** How a day is made up: queries most of all. */
const DAY: readonly JobName[] = [
  ...['queries', 'queries', 'copy', 'queries', 'listen', 'queries'],
  ...['cancel', 'queries', 'queries', 'hang up', 'queries', 'terminated'],
] as JobName[];

export function jobsOf({ stack: { postgres } }: World, isOver: () => boolean): Record<JobName, Job> {
  const end = (pid: number) => postgres.query('select pg_terminate_backend($1)', [pid]);
  return { queries, copy, listen, cancel, terminated: terminatedBy(end), 'hang up': hangUp, idle: idle(isOver) };
}

export const jobAt = (n: number): JobName => DAY[n % DAY.length] as JobName;
