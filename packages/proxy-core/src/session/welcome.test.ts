import { once } from 'node:events';
import { connect } from 'node:net';
import { startPostgres, type TestPostgres } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { GprxyError } from '../errors.ts';
import { terminate } from '../wire/frontend-messages.ts';
import { encodeStartupMessage, PROTOCOL_3_0 } from '../wire/startup-packet.ts';
import { loginAsSuperuser, startProxy } from './proxy.testing.ts';
import type { SessionPolicy } from './session-policy.ts';

const notice = { severity: 'NOTICE', severityNonLocalized: 'NOTICE', code: '00000', message: 'wait a moment' };

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ version: 18 });
});
afterAll(() => postgres?.stop());

/** A proxy that has something to tell before it connects. */
async function startTalkative(connectUpstream: SessionPolicy<string>['connectUpstream']) {
  const proxy = await startProxy(postgres, { connectUpstream });
  onTestFinished(async () => void (await proxy.listener.drain(0)));
  return proxy;
}

/** One that waits until its client has gone. */
function startPatient() {
  return startTalkative((_who, connection, signal) => {
    connection.notify(notice);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  });
}

async function dial(port: number) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const startup = encodeStartupMessage(PROTOCOL_3_0, [
    ['user', 'postgres'],
    ['database', 'postgres'],
  ]);
  socket.write(startup);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return { socket, answer };
}

describe('a client that is told something before its login is through', () => {
  it('reads it, and is then logged in as ever', async () => {
    const told: string[] = [];
    const proxy = await startTalkative((_who, connection, signal) => {
      connection.notify(notice);
      connection.notify({ ...notice, message: 'another moment' });
      return loginAsSuperuser(postgres, connection, signal);
    });
    const client = new pg.Client({ host: '127.0.0.1', port: proxy.port, user: 'postgres', database: 'postgres' });
    client.on('notice', ({ message }) => void told.push(String(message)));
    await client.connect();
    expect(told).toEqual(['wait a moment', 'another moment']);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  it('still gets the reason when the login fails after all', async () => {
    const proxy = await startTalkative(async (_who, connection) => {
      connection.notify(notice);
      throw new GprxyError('nothing came of it', { code: 'ERR_TEST', sqlState: '28P01', hint: 'Do this.' });
    });
    const client = new pg.Client({ host: '127.0.0.1', port: proxy.port, user: 'postgres', database: 'postgres' });
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01', hint: 'Do this.' });
  });

  it('gets AuthenticationOk once, ahead of the first notice', async () => {
    const proxy = await startPatient();
    const { socket, answer } = await dial(proxy.port);
    expect(answer.subarray(0, 10).toString('latin1')).toBe('R\0\0\0\x08\0\0\0\0N');
    socket.destroy();
  });

  it.each([
    ['hangs up', (socket: ReturnType<typeof connect>) => socket.end()],
    ['says Terminate and stays', (socket: ReturnType<typeof connect>) => socket.write(terminate)],
    ['says Terminate and hangs up', (socket: ReturnType<typeof connect>) => socket.end(terminate)],
    ['is reset', (socket: ReturnType<typeof connect>) => socket.resetAndDestroy()],
  ])('ends the wait when it %s', async (_how, leave) => {
    const proxy = await startPatient();
    const { socket } = await dial(proxy.port);
    leave(socket);
    await expect.poll(() => proxy.ends).toMatchObject([{ stage: 'upstream', endedBy: 'client' }]);
    socket.destroy();
  });
});
