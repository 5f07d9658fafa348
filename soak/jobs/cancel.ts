import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { must, withClient } from '../session.ts';
import type { Person } from '../world.ts';

const AGAIN_MS = 100;

/** A statement that would take ten minutes is cancelled, and the session goes on. */
export const cancel = (person: Person): Promise<void> =>
  withClient(person, async (client) => {
    let over = false;
    const outcome = client.query('select pg_sleep(600)').then(
      () => 'slept',
      (error) => error,
    );
    void outcome.then(() => {
      over = true;
    });
    while (!over) {
      await sendCancel(person.port, client);
      // One that comes before its statement does nothing.
      await Promise.race([outcome, sleep(AGAIN_MS)]);
    }
    const error = await outcome;
    if (error.code !== '57014') throw error;
    must('after the cancel', (await client.query('select 1 as one')).rows, [{ one: 1 }]);
  });

/** CancelRequest, as libpq sends it: on a connection of its own, without an answer. */
async function sendCancel(port: number, client: pg.Client): Promise<void> {
  const { processID, secretKey } = client as pg.Client & { processID: number; secretKey: number };
  const request = Buffer.alloc(16);
  for (const [index, word] of [16, 80_877_102, processID, secretKey].entries()) request.writeInt32BE(word, index * 4);
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.end(request).resume();
  if (!socket.closed) await once(socket, 'close').catch(() => {});
}
