import { setImmediate as nextTurn } from 'node:timers/promises';
import type { UpstreamSession } from '@gprxy/proxy-core';
import type { Log } from '../log/log.ts';
import { isStillHere } from './local-addresses.ts';
import { databaseOf } from './maintenance.ts';
import { secretKey, startupKey, type WantedSession } from './spare-key.ts';
import { SpareSession } from './spare-session.ts';
import { SpareStore, type Waiting } from './spare-store.ts';
import { Waking } from './waking.ts';

/** Databases, or programs that connect differently, that have a spare at the same time. */
export const CAPACITY = 4;
const TICK_MS = 5_000;

export interface WaitingSparesOptions {
  readonly profile: string;
  readonly log: Log;
  /** Wall clock, epoch ms. */
  now(): number;
  /** What a client would come with now; undefined: nobody is signed in. Asked every few seconds while a spare waits. */
  readonly currentSecret?: (() => Promise<string | undefined>) | undefined;
}

/** So far, but for `waiting`. */
export interface SpareCounts {
  readonly waiting: number;
  /** Given to a client. */
  readonly lent: number;
  /** Ended before any client came. */
  readonly unused: number;
}

type Spare = Waiting<SpareSession>;

/** The spare sessions of one profile, which it gives to a client or ends as soon as no client should have them. */
export class WaitingSpares {
  readonly #options: WaitingSparesOptions;
  readonly #store = new SpareStore<SpareSession>(CAPACITY);
  readonly #ending = new Set<Promise<unknown>>();
  #waking: Waking;
  #ticking: NodeJS.Timeout | undefined;
  #lent = 0;
  #unused = 0;

  constructor(options: WaitingSparesOptions) {
    this.#options = options;
    this.#waking = new Waking(options.now());
  }

  get counts(): SpareCounts {
    return { waiting: this.#store.all.length, lent: this.#lent, unused: this.#unused };
  }

  has(startup: string): boolean {
    return this.#store.has(startup);
  }

  add(session: UpstreamSession, wanted: WantedSession, until: number): void {
    const spare: Spare = {
      session: new SpareSession(session, () => this.endWhere((each) => each === spare, 'its connection was lost')),
      startup: startupKey(wanted),
      secret: secretKey(wanted.secret),
      database: databaseOf(wanted.login.parameters),
      since: this.#options.now(),
      until,
    };
    void this.#end(this.#store.put(spare), 'others are in use');
    this.#tell(spare, 'a spare session waits');
    this.#startTicking();
  }

  /** The one for exactly this client. `onStale`: there was one, but opened with another token, or too long ago. */
  async take(wanted: WantedSession, signal: AbortSignal, onStale: () => void): Promise<UpstreamSession | undefined> {
    const now = this.#options.now();
    if (this.#waking.hasSlept(now)) void this.endWhere(() => true, 'the machine has slept');
    const { usable, stale } = this.#store.claim(startupKey(wanted), secretKey(wanted.secret), now);
    if (stale) {
      void this.#end([stale], 'the token is another one now');
      onStale();
    }
    if (!usable) return undefined;
    // What has arrived already, a goodbye of the server above all, is seen in the next whole turn of the event loop: this one may
    // have looked at its sockets before that came.
    await nextTurn();
    await nextTurn();
    const { session } = usable;
    const isReliable = session.isUsable && isStillHere(session.localAddress);
    if (signal.aborted || !isReliable || !session.stillSuits(wanted.login.targetSessionAttrs)) {
      void this.#end([usable], signal.aborted ? 'its client has gone' : 'its connection cannot be relied on');
      signal.throwIfAborted();
      return undefined;
    }
    this.#lent += 1;
    this.#tell(usable, 'a client got the spare session');
    return session.lend();
  }

  /** Whether the server holds a session that nobody has: one that waits, or that it has not let go of yet. */
  get areHeld(): boolean {
    return this.counts.waiting > 0 || this.#ending.size > 0;
  }

  /** Resolves once the server has let go of all, those too that others have ended. */
  async endAll(reason: string): Promise<void> {
    void this.endWhere(() => true, reason);
    await Promise.all(this.#ending);
  }

  /** Resolves once the server has let go of them. */
  endWhere(isUnwanted: (spare: Spare) => boolean, reason: string): Promise<void> {
    return this.#end(this.#store.removeWhere(isUnwanted), reason);
  }

  async #end(spares: readonly Spare[], reason: string): Promise<void> {
    this.#unused += spares.length;
    for (const spare of spares) this.#tell(spare, `a spare session ends: ${reason}`);
    const ended = Promise.all(spares.map(({ session }) => session.end()));
    if (spares.length > 0) this.#ending.add(ended);
    await ended;
    this.#ending.delete(ended);
  }

  #tell({ database, since, session }: Spare, message: string): void {
    const { profile, log, now } = this.#options;
    log.debug({ profile, database, connection: session.connectionId, waitedMs: now() - since }, message);
  }

  #startTicking(): void {
    if (this.#ticking !== undefined) return;
    this.#waking = new Waking(this.#options.now());
    this.#ticking = setInterval(() => void this.#tick(), TICK_MS).unref();
  }

  async #tick(): Promise<void> {
    const now = this.#options.now();
    if (this.#waking.hasSlept(now)) void this.endWhere(() => true, 'the machine has slept');
    this.#waking.tick(now);
    void this.endWhere(({ until }) => now >= until, 'nobody came');
    await this.#lookAtLogin();
    if (this.counts.waiting > 0) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  async #lookAtLogin(): Promise<void> {
    const { currentSecret } = this.#options;
    if (currentSecret === undefined || this.counts.waiting === 0) return;
    try {
      const secret = await currentSecret();
      const current = secret === undefined ? undefined : secretKey(secret);
      void this.endWhere((spare) => spare.secret !== current, 'the login is another one now, or none');
    } catch {
      // The provider or the store is out: the login may still be good, and clients are asked for it anyway.
    }
  }
}
