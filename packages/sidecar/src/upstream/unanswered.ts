import { createTableSearch, type ReadTable } from '../client/kernel-table.ts';
import { entriesOf, type TcpEnds } from '../client/tcp-entry.ts';

/**
 * How often the kernel has asked the other end of a connection in vain, since that acknowledged anything: repeats of what was sent, or
 * questions whether there is room for more. Undefined where it cannot be told: the kernel prints its table a page at a time, and who
 * comes or goes meanwhile can make it pass over others. Rejects when the table cannot be read right now.
 */
export type CountUnanswered = (ends: TcpEnds) => Promise<number | 'acknowledged' | undefined>;

/** Number, both ends, and the state of a connection that is established (tcp_states.h). */
const LINE = /^ *\d+: ([0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4}) 01 /gm;
/** What the kernel's timer of a connection waits for, where that is an answer (tcp4_seq_show: retransmission, zero window probe). */
const REPEATS = '01';
const PROBES = '04';

/** Reads `/proc/net/tcp` and `/proc/net/tcp6` (Linux, Documentation/networking/proc_net_tcp.rst), once for all who ask at the same time. */
export function createUnansweredCount(readTable: ReadTable): CountUnanswered {
  const search = (name: string) => createTableSearch(() => readTable(`/proc/net/${name}`));
  const tables = { tcp: search('tcp'), tcp6: search('tcp6') };
  const placesIn = createPlaces();
  return async (ends) => {
    for (const { table, entry } of entriesOf(ends)) {
      const found = await tables[table]((text) => queueAt(text, placesIn(text).get(entry)));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/**
 * Where in a piece of the table the columns of each established connection begin. Thousands that fall silent together ask of the same
 * pieces: each piece is gone through once for all of them.
 */
function createPlaces(): (text: string) => ReadonlyMap<string, number> {
  let last = '';
  let places = new Map<string, number>();
  return (text) => {
    if (text === last) return places;
    last = text;
    places = new Map();
    for (const {
      0: { length },
      1: entry = '',
      index,
    } of text.matchAll(LINE))
      places.set(entry, index + length);
    return places;
  };
}

/** Columns behind the state: queues, timer, repeats, uid, probes. */
function queueAt(table: string, start: number | undefined): number | 'acknowledged' | undefined {
  if (start === undefined) return undefined;
  const columns = /^([0-9A-F]{8}):\S+ ([0-9A-F]{2}):\S+ ([0-9A-F]{8}) +\d+ +(\d+) /.exec(
    table.slice(start, start + 100),
  );
  if (columns === null) return undefined;
  const [, sent = '', timer, repeats = '', probes] = columns;
  if (Number.parseInt(sent, 16) === 0) return 'acknowledged';
  return timer === REPEATS ? Number.parseInt(repeats, 16) : timer === PROBES ? Number(probes) : 0;
}
