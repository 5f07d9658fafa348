import { endianness } from 'node:os';

/** Both ends of a TCP connection, as one of them sees it. */
export interface TcpEnds {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** How one end of a connection is written in a table of the kernel (Linux, Documentation/networking/proc_net_tcp.rst). */
export interface TcpEntry {
  readonly table: 'tcp' | 'tcp6';
  readonly entry: string;
}

/** Of the end that `localAddress` is: its own address comes first. One that was made with an IPv6 socket is listed with mapped addresses. */
export function entriesOf(ends: TcpEnds): TcpEntry[] {
  const [local, peer] = [addressBytes(ends.localAddress), addressBytes(ends.address)];
  if (peer === undefined || local === undefined) return [];
  const entry = (from: Buffer, to: Buffer) =>
    `${hexAddress(from)}:${hexPort(ends.localPort)} ${hexAddress(to)}:${hexPort(ends.port)}`;
  if (peer.length !== 4 || local.length !== 4) return [{ table: 'tcp6', entry: entry(local, peer) }];
  return [
    { table: 'tcp', entry: entry(local, peer) },
    { table: 'tcp6', entry: entry(mapped(local), mapped(peer)) },
  ];
}

export function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

/** The kernel prints each 32-bit word of an address in the byte order of the machine. */
function hexAddress(bytes: Buffer): string {
  const words = Buffer.from(bytes);
  if (endianness() === 'LE') words.swap32();
  return words.toString('hex').toUpperCase();
}

function mapped(ipv4: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), ipv4]);
}

/** 4 or 16 bytes; a mapped address (`::ffff:127.0.0.1`) counts as the IPv4 address that it is. */
function addressBytes(address: string): Buffer | undefined {
  const ipv4 = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(address);
  if (ipv4 !== null) return Buffer.from(ipv4.slice(1).map(Number));
  const [head = '', tail] = address.split('::');
  const words = (text: string) => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)));
  const before = words(head);
  const after = words(tail ?? '');
  const gap = 8 - before.length - after.length;
  if (gap < 0 || (tail === undefined && gap > 0)) return undefined;
  const all = [...before, ...Array<number>(gap).fill(0), ...after];
  if (all.some((word) => !(word >= 0 && word <= 0xffff))) return undefined;
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}
