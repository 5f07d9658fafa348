import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { temporaryDirectory } from '@gprxy/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { listen } from './listener.ts';

it('lets every connection wait for its end without a warning of a leak', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on('warning', warn);
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    maxConnections: 100,
    async serve(socket, signal, admission) {
      admission.enter();
      signal.addEventListener('abort', () => socket.end());
      socket.resume();
      socket.write('served');
      await once(socket, 'close');
    },
  });
  const { port } = listener.address as AddressInfo;
  const clients = Array.from({ length: 20 }, () => connect({ port, host: '127.0.0.1' }));
  for (const client of clients) client.write('a word');
  await Promise.all(clients.map((client) => once(client, 'data')));
  const { forced } = await listener.drain(0);
  process.off('warning', warn);
  expect({ forced, warnings }).toEqual({ forced: 20, warnings: [] });
});

it('begins with a connection when that says its first word, and serves nobody who says none', async () => {
  let served = 0;
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    maxConnections: 100,
    serve: async (socket) => {
      served++;
      socket.destroy();
    },
  });
  const { port } = listener.address as AddressInfo;
  const [silent, talking] = [connect(port, '127.0.0.1').on('error', () => {}), connect(port, '127.0.0.1')];
  talking.write('a word');
  await once(talking.resume(), 'close');
  expect(served).toBe(1);
  const dropped = new Promise((resolve) => silent.resume().once('close', resolve));
  await Promise.all([dropped, listener.drain(0)]);
});

/** Lets in whoever sends a byte, and ends whoever the listener wants gone. */
async function startListener(options: { maxConnections: number }) {
  const refused: unknown[] = [];
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    get maxConnections() {
      return options.maxConnections;
    },
    async serve(socket, signal, admission) {
      signal.addEventListener('abort', () => socket.destroy());
      socket.on('error', () => {}).on('end', () => socket.end());
      socket.once('data', () => {
        try {
          admission.enter();
          socket.write('in');
        } catch (error) {
          refused.push((error as { code: string }).code);
          socket.destroy();
        }
      });
      if (!socket.closed) await once(socket, 'close');
    },
  });
  onTestFinished(async () => void (await listener.drain(0)));
  const dial = async () => {
    const socket = connect((listener.address as AddressInfo).port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const enter = async () => {
    const socket = await dial();
    socket.write('x');
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return socket;
  };
  return { listener, refused, dial, enter };
}

it('S26 does not count those who have not shown who they are to the limit of sessions', async () => {
  const { listener, dial, enter } = await startListener({ maxConnections: 2 });
  const silent = await Promise.all(Array.from({ length: 10 }, dial));
  const [first, second] = [await enter(), await enter()];
  expect([first.closed, second.closed, listener.connections]).toEqual([false, false, 2]);
  for (const socket of [...silent, first, second]) socket.destroy();
});

it('S26 drops the oldest of those who stay silent, when they are too many', async () => {
  const { dial, enter } = await startListener({ maxConnections: 2 });
  const oldest = await dial();
  const dropped = new Promise((resolve) => oldest.once('close', resolve));
  const others = await Promise.all(Array.from({ length: 1_000 }, dial));
  await dropped;
  expect((await enter()).closed).toBe(false);
  for (const socket of others) socket.destroy();
});

it('drops who stays silent at a Unix socket as well', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'socket');
  const listener = await listen({ address: { path }, maxConnections: 1, serve: async () => {} });
  const silent = connect(path);
  await once(silent, 'connect');
  await Promise.all([once(silent.resume(), 'close'), listener.drain(0)]);
});

it('goes by a limit that has changed since it began to listen', async () => {
  const options = { maxConnections: 1 };
  const { refused, enter } = await startListener(options);
  await enter();
  await enter();
  options.maxConnections = 2;
  expect((await enter()).closed).toBe(false);
  expect(refused).toEqual(['ERR_TOO_MANY_CLIENTS']);
});

it('still answers while it drains, because a session may want to cancel, but lets nobody in', async () => {
  const { listener, refused, dial, enter } = await startListener({ maxConnections: 9 });
  const session = await enter();
  const drained = listener.drain();
  await dial();
  await enter();
  expect(refused).toEqual(['ERR_DRAINING']);
  session.destroy();
  expect(await drained).toEqual({ forced: 0 });
});

it('ends a drain also when a session is ending at that moment: a socket that is being shut down cannot be reset', async () => {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    maxConnections: 10,
    async serve(socket, signal) {
      socket.on('error', () => {}).resume();
      signal.addEventListener('abort', () => socket.end());
      begin();
      await once(socket, 'close');
    },
  });
  const client = connect((listener.address as AddressInfo).port, '127.0.0.1').on('error', () => {});
  client.write('a word');
  await begun;
  client.resume().end();
  expect(await listener.drain(0)).toEqual({ forced: 0 });
});
