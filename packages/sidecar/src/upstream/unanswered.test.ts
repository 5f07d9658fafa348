import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { endianness } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readProcTable } from '../client/kernel-table.ts';
import type { TcpEnds } from '../client/tcp-entry.ts';
import { createUnansweredCount } from './unanswered.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const ends: TcpEnds = { address: '10.0.0.1', port: 0x1538, localAddress: '10.0.0.2', localPort: 0xd431 };
const V4 = '0200000A:D431 0100000A:1538';
const MAPPED = '0000000000000000FFFF00000200000A:D431 0000000000000000FFFF00000100000A:1538';

const entry = (name: string, { sent = '00000014', timer = '01', repeats = '00000005', probes = '0', state = '01' }) =>
  `   3: ${name} ${state} ${sent}:00000000 ${timer}:000003E8 ${repeats}  1000        ${probes} 4711 2 0000000000000000 20 4 30 10 -1\n`;
const count = (tcp: string, tcp6 = '') =>
  createUnansweredCount(async function* (path) {
    yield HEAD + (path.endsWith('6') ? tcp6 : tcp);
  });

describe.runIf(endianness() === 'LE')('the kernel table', () => {
  const table: Array<[string, string, string, number | string | undefined]> = [
    ['how often it has repeated', entry(V4, {}), '', 5],
    ['the same of an IPv6 socket that speaks IPv4', '', entry(MAPPED, { repeats: '0000000F' }), 15],
    ['questions whether there is room', entry(V4, { timer: '04', repeats: '00000000', probes: '3' }), '', 3],
    ['that none is overdue yet', entry(V4, { repeats: '00000000' }), '', 0],
    ['no keepalive: the kernel ends that itself', entry(V4, { timer: '02', probes: '9' }), '', 0],
    ['that all is acknowledged', entry(V4, { sent: '00000000', timer: '00' }), '', 'acknowledged'],
    ['nothing of one that is closing', entry(V4, { state: '04' }), '', undefined],
    ['nothing of the other end', entry('0100000A:1538 0200000A:D431', {}), '', undefined],
    ['nothing where there is no table', '', '', undefined],
    ['nothing of a line in another form', `   3: ${V4} 01 oops\n`, '', undefined],
  ];
  it.each(table)('tells %s', async (_, tcp, tcp6, times) => {
    expect(await count(tcp, tcp6)(ends)).toBe(times);
  });
});

it('is not fooled by any text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (tcp, address) => {
      expect(await count(tcp)({ ...ends, address })).toBe(undefined);
    }),
  );
});

it.runIf(process.platform === 'linux')(
  'a real peer that reads nothing has acknowledged, and answers that there is no room',
  async () => {
    const server = createServer((socket) => void socket.pause()).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const [[peer]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [[Socket], unknown];
    onTestFinished(() => void peer.destroy());
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
    const unanswered = createUnansweredCount(readProcTable);
    const line = { address: remoteAddress, port: remotePort, localAddress, localPort };
    expect(await unanswered(line)).toBe('acknowledged');
    socket.write(Buffer.alloc(64 << 20));
    await expect.poll(() => unanswered(line), { timeout: 20_000 }).toBe(0);
  },
);
