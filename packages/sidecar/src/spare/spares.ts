import type { Socket } from 'node:net';
import { GprxyError, type loginAnyUpstream, SqlState, type UpstreamSession } from '@gprxy/proxy-core';
import { databaseOf, isForMaintenance, mayHaveSpare } from './maintenance.ts';
import { startupKey, type WantedSession } from './spare-key.ts';
import { CAPACITY, type SpareCounts, WaitingSpares, type WaitingSparesOptions } from './waiting-spares.ts';

/** Whoever comes later than that finds a database that is not in use. */
const WAIT_MS = 300_000;
/** Of several hosts, those that suited at login may have changed places. */
const CHOSEN_HOST_WAIT_MS = 60_000;
/** A token is renewed up to 95 s before it ends, and a spare is only for those who come with the same one. */
const TOKEN_RESERVE_MS = 100_000;
/** After the upstream was full or refused a spare, or a spare turned out to be for nobody. */
const PAUSE_MS = 60_000;

export interface SparesOptions extends WaitingSparesOptions {
  /** Otherwise none is ever kept, and each client's session is opened when it comes. */
  readonly isOn: boolean;
  readonly login: typeof loginAnyUpstream;
  /** Runs it when the client that has just come had a moment to itself. */
  soon(work: () => Promise<void>): void;
}

/**
 * Opens the upstream sessions of one profile, and keeps one more for each database that was used in the last minutes: already
 * authenticated, never used by anyone, for the next client that asks for exactly the same (docs/decisions/0016).
 */
export class Spares {
  readonly #options: SparesOptions;
  readonly #waiting: WaitingSpares;
  readonly #opening = new Set<string>();
  /** Of spares; settled when there is one, or none. */
  readonly #logins = new Set<Promise<void>>();
  readonly #closed = new AbortController();
  #maintenance: readonly Socket[] = [];
  #pausedUntil = 0;

  constructor(options: SparesOptions) {
    this.#options = options;
    this.#waiting = new WaitingSpares(options);
  }

  get counts(): SpareCounts {
    return this.#waiting.counts;
  }

  /** A session for this client alone: the spare one, or one that is opened now. Rejects as `loginAnyUpstream` does. */
  async open(wanted: WantedSession, signal: AbortSignal): Promise<UpstreamSession> {
    const spare = await this.#waiting.take(wanted, signal, () => this.#pause());
    const session = spare ?? (await this.#loginMakingRoom(wanted, signal));
    this.#makeWayFor(session, databaseOf(wanted.login.parameters));
    this.#replaceSoon(wanted);
    return session;
  }

  /** What was opened with a login is for nobody who comes without one. */
  signedOut(): void {
    void this.#waiting.endWhere(() => true, 'nobody is signed in any more');
  }

  /** Ends all that wait, and keeps none from now on; clients are still served. Resolves once the server has let go of them. */
  async close(reason: string): Promise<void> {
    this.#closed.abort();
    await this.#waiting.endWhere(() => true, reason);
  }

  /** Spares never stand in the way of a client: where the upstream has no room, they go. */
  async #loginMakingRoom({ login }: WantedSession, signal: AbortSignal): Promise<UpstreamSession> {
    try {
      return await this.#options.login(login, signal);
    } catch (error) {
      if (!(error instanceof GprxyError) || error.sqlState !== SqlState.TooManyConnections) throw error;
      // From here on, those that are being opened are ended by who opens them.
      this.#pause();
      if (!this.#waiting.areHeld && this.#logins.size === 0) throw error;
      await Promise.allSettled([this.#waiting.endAll('the upstream has no room'), ...this.#logins]);
      return this.#options.login(login, signal);
    }
  }

  /** An idle session is in the way of DROP DATABASE, which comes from there. */
  #makeWayFor(session: UpstreamSession, database: string): void {
    if (!isForMaintenance(database)) return;
    this.#maintenance = [...this.#maintenance.filter(isOpen), session.channel.socket];
    void this.#waiting.endWhere((spare) => spare.database !== database, 'databases may be dropped now');
  }

  #replaceSoon(wanted: WantedSession): void {
    const startup = startupKey(wanted);
    if (!this.#options.isOn || this.#opening.has(startup) || this.#opening.size >= CAPACITY) return;
    this.#opening.add(startup);
    this.#options.soon(() => this.#replace(wanted, startup).finally(() => this.#opening.delete(startup)));
  }

  async #replace(wanted: WantedSession, startup: string): Promise<void> {
    if (this.#waiting.has(startup) || !this.#isWanted(wanted)) return;
    const login = this.#loginSpare(wanted, startup);
    this.#logins.add(login);
    await login;
    this.#logins.delete(login);
  }

  async #loginSpare(wanted: WantedSession, startup: string): Promise<void> {
    try {
      // Nobody's connection yet: the client that it is opened after has one of its own.
      const { onConnected, ...login } = wanted.login;
      const session = await this.#options.login(login, this.#closed.signal);
      this.#waiting.add(session, wanted, this.#untilOf(wanted));
      // Things may have changed while it was opened.
      if (!this.#isWanted(wanted))
        await this.#waiting.endWhere((spare) => spare.startup === startup, 'it came too late');
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.#pause();
      const code = error instanceof GprxyError ? (error.sqlState ?? error.code) : 'ERR_INTERNAL';
      this.#options.log.debug({ profile: this.#options.profile, code }, 'no spare session');
    }
  }

  #isWanted(wanted: WantedSession): boolean {
    const { now } = this.#options;
    const { parameters } = wanted.login;
    if (this.#closed.signal.aborted || now() < this.#pausedUntil || now() >= this.#untilOf(wanted)) return false;
    return mayHaveSpare(parameters) && (isForMaintenance(databaseOf(parameters)) || !this.#maintenance.some(isOpen));
  }

  #untilOf({ login, expiresAt }: WantedSession): number {
    const waitMs = login.targetSessionAttrs === 'any' ? WAIT_MS : CHOSEN_HOST_WAIT_MS;
    return Math.min(this.#options.now() + waitMs, expiresAt - TOKEN_RESERVE_MS);
  }

  #pause(): void {
    this.#pausedUntil = this.#options.now() + PAUSE_MS;
  }
}

function isOpen(socket: Socket): boolean {
  return !socket.destroyed;
}
