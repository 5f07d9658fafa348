import { createTableSearch, type ReadTable } from './kernel-table.ts';
import { entriesOf, hexPort, type TcpEnds } from './tcp-entry.ts';

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
      const wanted = entriesOf(fromTheOtherEnd(ends));
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

/** Columns behind the state: queues, timer, retransmits, uid. */
function uidOfEntry(table: string, entry: string): number | undefined {
  const start = table.indexOf(entry);
  if (start === -1) return undefined;
  const uid = /^\S+ \S+ \S+ +(\d+) /.exec(table.slice(start + entry.length, start + entry.length + 80))?.[1];
  return uid === undefined ? undefined : Number(uid);
}

function fromTheOtherEnd({ address, port, localAddress, localPort }: TcpEnds): TcpEnds {
  return { address: localAddress, port: localPort, localAddress: address, localPort: port };
}
