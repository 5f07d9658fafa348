import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { must, Told, Wrong, withClient } from '../session.ts';
import type { Person } from '../world.ts';

const LINES = 'select n, repeat(md5(n::text), 30) from generate_series(1, 100000) n';

/** A client that is killed in the middle of its rows. */
export async function hangUp(person: Person): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port: person.port, user: 'any', database: 'sales' });
  client.on('error', () => {});
  await client.connect().catch((error) => {
    throw new Told(error);
  });
  const { stream } = (client as pg.Client & { connection: { stream: import('node:net').Socket } }).connection;
  client.query(LINES).catch(() => {});
  await Promise.race([once(stream, 'data'), once(stream, 'close')]).catch(() => {});
  stream.destroy();
}

/** An administrator ends the session: the server's own words arrive. */
export const terminatedBy =
  (end: (pid: number) => Promise<unknown>) =>
  async (person: Person): Promise<void> => {
    const work = withClient(person, async (client) => {
      const { rows } = await client.query('select pg_backend_pid() as pid');
      await Promise.all([client.query('select pg_sleep(600)'), end(rows[0].pid)]);
    });
    const told = await work.then(
      () => new Wrong('it slept, although it was to end'),
      (error) => error,
    );
    if (!(told instanceof Told) || told.sqlState !== '57P01') throw told;
  };

/** Nothing to do until `isOver`, but now and then. */
export const idle =
  (isOver: () => boolean) =>
  (person: Person): Promise<void> =>
    withClient(person, async (client) => {
      while (!isOver()) {
        must('an idle session', (await client.query('select session_user as me')).rows, [{ me: person.email }]);
        await sleep(250);
      }
    });
