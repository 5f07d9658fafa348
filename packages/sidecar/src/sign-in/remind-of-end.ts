import type { AccessToken, LoginEnd, TokenSource } from '@gprxy/credentials';
import type { Log } from '../log/log.ts';

/** What is shown on the desktop. Plain text, without a secret. */
export interface Reminder {
  readonly title: string;
  readonly body: string;
}

export interface RemindOptions {
  readonly profile: string;
  readonly source: TokenSource;
  /** Wall clock, epoch ms. */
  now(): number;
  /** Rejects where nothing can be shown. */
  notify(reminder: Reminder): Promise<void>;
  readonly log: Log;
  /** False: somebody else looks after this profile by now. */
  isServed(): boolean;
  readonly signal: AbortSignal;
}

const longestAheadMs = 15 * 60_000;
/** No timer runs longer: it stands still while the machine sleeps, and the wall clock does not. */
const tickMs = 30_000;

/** The same source; before the login behind its tokens ends the person is told, once a login. */
export function remindOfEnd(options: RemindOptions): TokenSource {
  const watch = new EndWatch(options);
  return {
    getToken: async (signal, wanted) => {
      const token = await options.source.getToken(signal, wanted);
      watch.noticed(token);
      return token;
    },
  };
}

class EndWatch {
  readonly #options: RemindOptions;
  #end: LoginEnd | undefined;
  /** `since` of the login that the person was told about. */
  #told: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RemindOptions) {
    // No listener at `signal`, which lives as long as the sidecar: it would keep this for ever, and each reload brings a new one.
    this.#options = options;
  }

  noticed({ loginEnd }: AccessToken): void {
    if (loginEnd?.at === this.#end?.at) return;
    this.#end = loginEnd;
    this.#look();
  }

  #look = (): void => {
    const { now, signal, isServed } = this.#options;
    clearTimeout(this.#timer);
    const end = this.#end;
    if (end === undefined || end.since === this.#told || end.at <= now() || signal.aborted || !isServed()) return;
    const waitMs = end.at - aheadMs(end) - now();
    if (waitMs <= 0) this.#tell(end);
    else this.#timer = setTimeout(this.#look, Math.min(waitMs, tickMs)).unref();
  };

  #tell(end: LoginEnd): void {
    const { profile, notify, now, log } = this.#options;
    this.#told = end.since;
    log.info({ profile, endsAt: new Date(end.at).toISOString() }, 'the login ends soon');
    notify(reminderOf(profile, end, now())).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      log.debug({ profile }, `the desktop does not show it: ${reason}`);
    });
  }
}

/** Later than any refresh that would still move the end: where only idle logins end, those in use never come that near. */
function aheadMs({ lifeMs }: LoginEnd): number {
  return Math.min(longestAheadMs, lifeMs / 4);
}

function reminderOf(profile: string, { at }: LoginEnd, nowMs: number): Reminder {
  const minutes = Math.max(1, Math.round((at - nowMs) / 60_000));
  return {
    title: `gprxy: your login ends in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}`,
    body: `Run "gprxy login --profile ${profile}" before new connections need it. Those that are open go on.`,
  };
}
