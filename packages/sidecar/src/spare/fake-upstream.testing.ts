import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import {
  type AnyUpstreamLogin,
  backendKey,
  MessageChannel,
  MessageType,
  type UpstreamSession,
} from '@gprxy/proxy-core';
import { expect, onTestFinished } from 'vitest';

export const loginOf = (
  parameters: Record<string, string>,
  given: Partial<AnyUpstreamLogin> = {},
): AnyUpstreamLogin => ({
  targets: [],
  targetSessionAttrs: 'any',
  loadBalanceHosts: false,
  protocolVersion: 196_608,
  parameters: Object.entries({ user: 'alice', database: 'sales', ...parameters }),
  credential: { kind: 'token', getToken: async () => 'token' },
  ...given,
});

export function noticeResponse(text: string): Buffer {
  const fields = Buffer.from(`SNOTICE\0M${text}\0\0`);
  const header = Buffer.alloc(5);
  header.writeUInt8(MessageType.NoticeResponse);
  header.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([header, fields]);
}

/** Sessions as after a login, over real sockets, to a server that does nothing by itself. The pid counts them, from 1 on. */
export async function startFakeUpstream() {
  const ends: Socket[] = [];
  const received = new Map<Socket, Buffer[]>();
  const server = createServer((socket) => {
    const chunks: Buffer[] = [];
    received.set(socket, chunks);
    socket.on('error', () => {}).on('data', (chunk) => chunks.push(chunk));
    ends.push(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const end of ends) end.destroy();
    server.close();
  });
  let count = 0;
  return {
    /** The server's end of each session, by order. */
    ends,
    /** What the server got over the nth, from 1 on, as hex. */
    received: (pid: number) => Buffer.concat(received.get(ends[pid - 1] as Socket) ?? []).toString('hex'),
    async login(): Promise<UpstreamSession> {
      const pid = ++count;
      const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, allowHalfOpen: true });
      socket.on('error', () => {});
      await once(socket, 'connect');
      await expect.poll(() => ends.length, { interval: 1 }).toBeGreaterThanOrEqual(pid);
      return {
        channel: new MessageChannel(socket),
        target: { host: '127.0.0.1', port: 1, tls: { mode: 'disable', negotiation: 'postgres' }, connectTimeoutMs: 1 },
        protocolVersion: 196_608,
        backendKey: backendKey(pid, Buffer.alloc(4, pid)),
        loginMessages: { beforeKey: [], afterKey: [] },
        parameters: new Map(),
      };
    },
  };
}
