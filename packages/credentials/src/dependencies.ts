export type Fetch = typeof globalThis.fetch;

/** One line for the log of whoever composed the program. Never holds a token. */
export interface LogRecord {
  level: 'debug' | 'info' | 'warn' | 'error';
  /** Stable, kebab-case: `login-refreshed`, `login-not-saved`, ... */
  event: string;
  message: string;
  [field: string]: unknown;
}

/** Everything from the outside world. The composition file of a program fills it in, tests replace it. */
export interface CredentialDependencies {
  /** For every request to the provider; see `createFetch` for proxies and private CAs. */
  fetch: Fetch;
  /** Wall clock, epoch ms: a laptop that slept must find its token expired. */
  now(): number;
  log(record: LogRecord): void;
  /** Where processes of this user meet to take turns; made with mode 0700 when missing. */
  lockDirectory: string;
  /**
   * Gets what must not be cut short, such as a refresh whose answer has the only valid refresh token: a program that is about to exit
   * waits for it.
   */
  hold?: (work: Promise<unknown>) => void;
  /** 0 <= n < 1, for jitter. */
  random?: () => number;
  /** Resolves after `ms`, rejects as soon as the signal aborts. Replaced by tests that must not wait. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}
