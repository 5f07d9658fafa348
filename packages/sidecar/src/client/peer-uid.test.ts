import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { endianness } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProcTable } from './kernel-table.ts';
import { createProcPeerLookup } from './peer-uid.ts';
import type { TcpEnds } from './tcp-entry.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const TAIL = '00000000:00000000 00:00000000 00000000  UID        0 4711 1 0000000000000000 20 4 30 10 -1\n';
const entry = (ends: string, state: string, uid: number) =>
  `   0: ${ends} ${state} ${TAIL.replace(' UID', String(uid).padStart(5))}`;
const lookup = (tcp: string, tcp6 = '') =>
  createProcPeerLookup(async function* (path) {
    yield HEAD + (path.endsWith('6') ? tcp6 : tcp);
  });

const ends: TcpEnds = { address: '127.0.0.1', port: 0xd431, localAddress: '127.0.0.1', localPort: 0x1539 };
const V4 = '0100007F:D431 0100007F:1539';
const MAPPED = '0000000000000000FFFF00000100007F:D431 0000000000000000FFFF00000100007F:1539';
const V6 = '00000000000000000000000001000000:D431 00000000000000000000000001000000:1539';

describe.runIf(endianness() === 'LE')('the kernel table', () => {
  const table: Array<[string, string, string, Partial<TcpEnds>, number | undefined]> = [
    ['an IPv4 peer', entry(V4, '01', 1000), '', {}, 1000],
    ['root', entry(V4, '01', 0), '', {}, 0],
    ['an IPv4 peer that dialled with an IPv6 socket', '', entry(MAPPED, '01', 1001), {}, 1001],
    ['an IPv6 peer', '', entry(V6, '01', 1002), { address: '::1', localAddress: '::1' }, 1002],
    ['a mapped peer', entry(V4, '01', 7), '', { address: '::ffff:127.0.0.1', localAddress: '::ffff:127.0.0.1' }, 7],
    ['nobody: our own end only', entry('0100007F:1539 0100007F:D431', '01', 1000), '', {}, undefined],
    ['nobody: closed already', entry(V4, '06', 0), '', {}, undefined],
    ['nobody: another port', entry(V4, '01', 1000), '', { port: 0xd432 }, undefined],
    ['nobody: an odd address', entry(V4, '01', 1000), '', { address: 'nonsense' }, undefined],
    ['nobody: no table', '', '', {}, undefined],
  ];
  it.each(table)('names %s', async (_, tcp, tcp6, other, uid) => {
    expect(await lookup(tcp, tcp6).uidOf({ ...ends, ...other })).toBe(uid);
  });

  it('names who listens on a port, on whatever address', async () => {
    const listening = lookup(entry('00000000:1539 00000000:0000', '0A', 1003));
    expect(await listening.uidListeningOn(0x1539)).toBe(1003);
    expect(await listening.uidListeningOn(0x1538)).toBeUndefined();
  });

  it('is not fooled by any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (tcp, address) => {
        expect(await lookup(tcp).uidOf({ ...ends, address })).toBeUndefined();
      }),
    );
  });

  it('is asked again when an entry is missing, because the kernel may skip one', async () => {
    let reads = 0;
    const flaky = createProcPeerLookup(async function* (path) {
      yield HEAD;
      if (path.endsWith('6')) return;
      reads += 1;
      if (reads === 3) yield entry(V4, '01', 1000);
    });
    expect(await flaky.uidOf(ends)).toBe(1000);
  });
});

it('is not available where there is no /proc/net', async () => {
  const missing = createProcPeerLookup(() => readProcTable('/no/such/table'));
  expect(await missing.available()).toBe(false);
  expect(await lookup('').available()).toBe(true);
});

describe.runIf(process.platform === 'linux')('the real kernel table', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
  ])('names ourselves, listening on %s and dialling %s', async (listenHost, dialHost) => {
    const server = createServer().listen(0, listenHost);
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, dialHost);
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const { remoteAddress, remotePort, localAddress, localPort } = accepted;
    const real = createProcPeerLookup(readProcTable);
    expect(
      await real.uidOf({
        address: remoteAddress ?? '',
        port: remotePort ?? 0,
        localAddress: localAddress ?? '',
        localPort: localPort ?? 0,
      }),
    ).toBe(process.getuid?.());
    expect(await real.uidListeningOn(localPort ?? 0)).toBe(process.getuid?.());
    client.destroy();
    accepted.destroy();
    server.close();
  });
});
