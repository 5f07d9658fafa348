import {
  type AccessToken,
  CredentialError,
  type CredentialKind,
  neverExpires,
  type TokenOptions,
  type TokenSource,
} from '@gprxy/credentials';
import type { Log } from '../log/log.ts';

export interface RenewAheadOptions {
  readonly profile: string;
  readonly source: TokenSource;
  /** Wall clock, epoch ms. */
  now(): number;
  /** 0 <= n < 1. */
  random(): number;
  readonly log: Log;
  /** Looked at before each renewal: false ends them. */
  isServed(): boolean;
  /** Called with each token that came ahead of time. */
  onRenewed?(token: AccessToken): void;
  /** Ends the renewals. */
  readonly signal: AbortSignal;
}

/** On demand a token is renewed 60 s before its end; so this much and a random part of `jitterMs` earlier. */
const aheadMs = 65_000;
const jitterMs = 30_000;
/** No timer runs longer: it stands still while the machine sleeps, and the wall clock does not. */
const tickMs = 30_000;
/** While a renewal that is due has not come to its end. */
const lookAgainMs = 1_000;
const firstRetryMs = 5_000;
const longestRetryMs = 300_000;
const renewalLimitMs = 60_000;

/** A command may want a fingerprint, and of what others write there is nothing to renew: those wait for a connection. */
const onDemand: ReadonlySet<CredentialKind> = new Set(['exec', 'file', 'env', 'password']);

export function isRenewedAhead(kind: CredentialKind): boolean {
  return !onDemand.has(kind);
}

/**
 * The same source, whose tokens are renewed before they end, so that no connection has to wait for it. It begins with the first token that
 * is asked for: what nobody uses is not kept alive. Once a login is needed it rests until somebody gets a token again.
 */
export function renewAhead(options: RenewAheadOptions): TokenSource {
  const renewal = new Renewal(options);
  return {
    getToken: async (signal: AbortSignal, wanted?: TokenOptions) => {
      const token = await options.source.getToken(signal, wanted);
      renewal.noticed(token);
      return token;
    },
  };
}

class Renewal {
  readonly #options: RenewAheadOptions;
  #expiresAt = 0;
  #nextAt = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;

  constructor(options: RenewAheadOptions) {
    // No listener at `signal`, which lives as long as the sidecar: it would keep this for ever, and each reload brings a new one.
    this.#options = options;
  }

  noticed({ expiresAt }: AccessToken): void {
    if (expiresAt === this.#expiresAt) return;
    this.#failures = 0;
    this.#expiresAt = expiresAt;
    this.#rest();
    if (expiresAt >= neverExpires) return;
    const { now, random } = this.#options;
    const lifeMs = Math.max(0, expiresAt - now());
    this.#nextAt = expiresAt - Math.min(aheadMs + random() * jitterMs, lifeMs * (0.3 + random() * 0.2));
    this.#tickLater();
  }

  #tickLater(): void {
    const { now, signal, isServed } = this.#options;
    this.#rest();
    if (signal.aborted || !isServed()) return;
    const waitMs = Math.min(Math.max(this.#nextAt - now(), this.#isRunning ? lookAgainMs : 0), tickMs);
    this.#timer = setTimeout(() => void this.#tick(), waitMs);
    this.#timer.unref();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #tick(): Promise<void> {
    const { now, signal, isServed } = this.#options;
    if (signal.aborted || !isServed()) return;
    // While one is under way, a connection may have brought a token that the next one has to be planned for.
    if (this.#isRunning || now() < this.#nextAt) return this.#tickLater();
    const former = this.#expiresAt;
    try {
      const token = await this.#ask(former);
      if (token.expiresAt > former) this.#succeeded(token);
      else this.#retryLater();
    } catch (error) {
      this.#failed(error, former);
    }
  }

  /** Anything that lives longer than what is known will do: another process may have been faster. */
  async #ask(former: number): Promise<AccessToken> {
    const { source, now, signal } = this.#options;
    const minTtlMs = Math.max(0, former - now()) + 1_000;
    this.#isRunning = true;
    try {
      return await source.getToken(AbortSignal.any([signal, AbortSignal.timeout(renewalLimitMs)]), { minTtlMs });
    } finally {
      this.#isRunning = false;
    }
  }

  #succeeded(token: AccessToken): void {
    const { profile, log, onRenewed } = this.#options;
    onRenewed?.(token);
    const fields = { profile, expiresAt: new Date(token.expiresAt).toISOString() };
    log[this.#failures > 0 ? 'info' : 'debug'](fields, 'token renewed ahead of time');
    this.noticed(token);
  }

  #failed(error: unknown, former: number): void {
    const { profile, log, signal } = this.#options;
    if (signal.aborted) return;
    const code = error instanceof CredentialError ? error.code : 'unexpected';
    const hint = error instanceof CredentialError ? error.hint : undefined;
    const rests = /^ERR_LOGIN_/.test(code);
    // Connections go on with the token there is, so each further failure of the same outage is no news.
    const level = rests || this.#failures === 0 ? 'warn' : 'debug';
    const reason = error instanceof Error ? error.message : String(error);
    log[level]({ profile, code, ...(hint !== undefined && { hint }) }, `the token could not be renewed: ${reason}`);
    if (rests && this.#expiresAt === former) this.#rest();
    else this.#retryLater(error instanceof CredentialError ? error.retryAfterMs : undefined);
  }

  /** Backs off, with jitter: the other machines of a company lost the same provider at the same moment. */
  #retryLater(retryAfterMs = 0): void {
    const { now, random } = this.#options;
    const waitMs = Math.min(firstRetryMs * 2 ** this.#failures, longestRetryMs) * (0.5 + random() / 2);
    this.#failures++;
    this.#nextAt = now() + Math.max(waitMs, Math.min(retryAfterMs, longestRetryMs));
    this.#tickLater();
  }
}
