import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { listen } from './listener.ts';

it('lets every connection wait for its end without a warning of a leak', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on('warning', warn);
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    maxConnections: 100,
    async serve(socket, signal) {
      signal.addEventListener('abort', () => socket.end());
      socket.resume();
      socket.write('served');
      await once(socket, 'close');
    },
  });
  const { port } = listener.address as AddressInfo;
  const clients = Array.from({ length: 20 }, () => connect({ port, host: '127.0.0.1' }));
  await Promise.all(clients.map((client) => once(client, 'data')));
  const { forced } = await listener.drain(0);
  process.off('warning', warn);
  expect({ forced, warnings }).toEqual({ forced: 20, warnings: [] });
});
