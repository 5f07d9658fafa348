import type { Socket } from 'node:net';
import { readProcTable } from '../client/kernel-table.ts';
import type { TcpEnds } from '../client/tcp-entry.ts';
import { type CountUnanswered, createUnansweredCount } from './unanswered.ts';

const TICK_MS = 5_000;
/** Most answers come sooner, and for them the kernel is not asked. */
const SILENCE_MS = 15_000;
/** A Wi-Fi that hands over to another, or a firewall that restarts, takes less, and TCP goes on as if nothing had been. */
const GRACE_MS = 30_000;

type Line = Pick<
  Socket,
  | 'remoteAddress'
  | 'remotePort'
  | 'localAddress'
  | 'localPort'
  | 'bytesRead'
  | 'bytesWritten'
  | 'destroy'
  | 'destroyed'
  | 'once'
>;

interface Watched {
  readonly ends: TcpEnds;
  bytesRead: number;
  silentTicks: number;
  /** All that had been written by then was acknowledged. */
  acknowledgedBytes: number | undefined;
  unanswered: number;
  deadTicks: number;
}

/**
 * Ends connections to upstreams over which nothing arrives any more, while this machine keeps its address: a firewall that has forgotten
 * them, a Wi-Fi that loses what is sent, a server that was unplugged. Linux would repeat what was sent for a quarter of an hour, and Node
 * cannot make it give up sooner (TCP_USER_TIMEOUT). A statement that takes long has been acknowledged, and is not ended however long it takes.
 */
export class DeadRoutes {
  readonly #unanswered: CountUnanswered;
  readonly #lines = new Map<Line, Watched>();
  #ticking: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(unanswered: CountUnanswered = createUnansweredCount(readProcTable)) {
    this.#unanswered = unanswered;
  }

  /** Until it closes. One that is no socket of this machine's own, as within SSH, is looked after by what carries it. */
  watch(line: Line): void {
    const ends = endsOf(line);
    if (ends === undefined) return;
    const nothingYet = { silentTicks: 0, acknowledgedBytes: undefined, unanswered: 0, deadTicks: 0 };
    this.#lines.set(line, { ends, bytesRead: line.bytesRead, ...nothingYet });
    line.once('close', () => this.#lines.delete(line));
    this.#ticking ??= setInterval(() => void this.#tick(), TICK_MS).unref();
  }

  /** Ticks and not a clock: while the machine sleeps nobody can answer. */
  async #tick(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const silent = [...this.#lines].filter(([line, state]) => waitsForAnswer(line, state));
    await Promise.all(silent.map(([line, state]) => this.#look(line, state)));
    this.#looking = false;
    if (this.#lines.size > 0) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  async #look(line: Line, state: Watched): Promise<void> {
    const { bytesWritten } = line;
    // A table that cannot be read now, or does not show the connection, says nothing. It can be at the next tick.
    const counted = await this.#unanswered(state.ends).catch(() => undefined);
    if (counted === undefined) return;
    if (counted === 'acknowledged') state.acknowledgedBytes = bytesWritten;
    const times = counted === 'acknowledged' ? 0 : counted;
    state.deadTicks = times > 0 && times >= state.unanswered ? state.deadTicks + 1 : 0;
    state.unanswered = times;
    if (state.deadTicks * TICK_MS <= GRACE_MS || line.destroyed) return;
    this.#lines.delete(line);
    line.destroy(new Error(`${state.ends.address} does not acknowledge what is sent to it: the route there is dead`));
  }
}

/** Until the kernel has said that all was acknowledged: what is idle is not asked about again. */
function waitsForAnswer(line: Line, state: Watched): boolean {
  if (line.bytesRead !== state.bytesRead) {
    Object.assign(state, { bytesRead: line.bytesRead, silentTicks: 0, unanswered: 0, deadTicks: 0 });
    return false;
  }
  state.silentTicks += 1;
  return state.silentTicks * TICK_MS >= SILENCE_MS && line.bytesWritten !== state.acknowledgedBytes;
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Line): TcpEnds | undefined {
  if (!remoteAddress || !remotePort || !localAddress || !localPort) return undefined;
  return { address: remoteAddress, port: remotePort, localAddress, localPort };
}
