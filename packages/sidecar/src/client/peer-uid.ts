import { endianness } from 'node:os';
import { createTableSearch, type ReadTable } from './kernel-table.ts';

/** Both ends of a TCP connection, as the accepting side sees them. */
export interface TcpEnds {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** Which OS user is behind a TCP connection. Only Linux says. */
export interface PeerLookup {
  /** Whether this system says at all. */
  available(): Promise<boolean>;
  /** The user id of the process that opened the connection; undefined when it cannot be found any more. */
  uidOf(ends: TcpEnds): Promise<number | undefined>;
  /** The user id of who listens on the port; undefined when nobody does, or when it cannot be told. */
  uidListeningOn(port: number): Promise<number | undefined>;
}

const ESTABLISHED = '01';
const LISTEN = '0A';
/** The kernel hands the table out in pieces, and an entry can slip between two of them while others come and go. */
const TRIES = 3;

/** Reads `/proc/net/tcp` and `/proc/net/tcp6` (Linux, Documentation/networking/proc_net_tcp.rst). */
export function createProcPeerLookup(readTable: ReadTable): PeerLookup {
  const search = (name: string) => createTableSearch(() => readTable(`/proc/net/${name}`));
  const tables = { tcp: search('tcp'), tcp6: search('tcp6') };
  const isTable = (text: string) => text.includes('local_address') || undefined;
  return {
    available: async () => Boolean((await tables.tcp(isTable)) ?? (await tables.tcp6(isTable))),
    async uidOf(ends) {
      const wanted = peerEntries(ends);
      for (let attempt = 0; attempt < TRIES; attempt++) {
        for (const { table, entry } of wanted) {
          const uid = await tables[table]((text) => uidOfEntry(text, ` ${entry} ${ESTABLISHED} `));
          if (uid !== undefined) return uid;
        }
      }
      return undefined;
    },
    async uidListeningOn(port) {
      const listening = new RegExp(`:${hexPort(port)} [0-9A-F]+:0000 ${LISTEN} `);
      const uidIn = (text: string) => {
        const found = listening.exec(text);
        return found === null ? undefined : uidOfEntry(text, found[0]);
      };
      return (await tables.tcp(uidIn)) ?? (await tables.tcp6(uidIn));
    },
  };
}

/** The peer's own entry has its address first. A client that dials with an IPv6 socket is listed with mapped addresses. */
function peerEntries(ends: TcpEnds): Array<{ table: 'tcp' | 'tcp6'; entry: string }> {
  const [peer, local] = [addressBytes(ends.address), addressBytes(ends.localAddress)];
  if (peer === undefined || local === undefined) return [];
  const entry = (from: Buffer, to: Buffer) =>
    `${hexAddress(from)}:${hexPort(ends.port)} ${hexAddress(to)}:${hexPort(ends.localPort)}`;
  if (peer.length !== 4 || local.length !== 4) return [{ table: 'tcp6', entry: entry(peer, local) }];
  return [
    { table: 'tcp', entry: entry(peer, local) },
    { table: 'tcp6', entry: entry(mapped(peer), mapped(local)) },
  ];
}

/** Columns behind the state: queues, timer, retransmits, uid. */
function uidOfEntry(table: string, entry: string): number | undefined {
  const start = table.indexOf(entry);
  if (start === -1) return undefined;
  const uid = /^\S+ \S+ \S+ +(\d+) /.exec(table.slice(start + entry.length, start + entry.length + 80))?.[1];
  return uid === undefined ? undefined : Number(uid);
}

function hexPort(port: number): string {
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
