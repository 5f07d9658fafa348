import type { Socket } from 'node:net';
import { isStillHere } from '../spare/local-addresses.ts';

const TICK_MS = 5_000;
/** A Wi-Fi that comes back with the same address takes less, and TCP goes on as if nothing had been. */
const GRACE_MS = 30_000;

type Line = Pick<Socket, 'localAddress' | 'destroy' | 'once'>;

/**
 * Ends connections to upstreams that leave from an address which this machine has not had for half a minute: after another network or a VPN
 * that went down nothing will ever come back over them, and the kernel notices after a quarter of an hour where something was sent.
 */
export class LostAddresses {
  readonly #isHere: (address: string | undefined) => boolean;
  readonly #lines = new Map<Line, { readonly address: string; missingTicks: number }>();
  #ticking: NodeJS.Timeout | undefined;

  constructor(isHere: (address: string | undefined) => boolean = isStillHere) {
    this.#isHere = isHere;
  }

  /** Until it closes. One that is no socket of this machine's own, as within SSH, has no address to lose. */
  watch(line: Line): void {
    const { localAddress: address } = line;
    if (address === undefined) return;
    this.#lines.set(line, { address, missingTicks: 0 });
    line.once('close', () => this.#lines.delete(line));
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** Ticks and not a clock: while the machine sleeps no network can come back. */
  #tick(): void {
    // Thousands of sessions leave from a few addresses, and asking the system takes as long as a query.
    const here = new Map<string, boolean>();
    for (const [line, state] of this.#lines) {
      const isHere = here.get(state.address) ?? this.#isHere(state.address);
      here.set(state.address, isHere);
      state.missingTicks = isHere ? 0 : state.missingTicks + 1;
      if (state.missingTicks * TICK_MS < GRACE_MS) continue;
      this.#lines.delete(line);
      line.destroy(new Error(`the network has changed: this machine no longer has the address ${state.address}`));
    }
    if (this.#lines.size > 0) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }
}
