import { createRequire } from 'node:module';
import { within } from '../abort.ts';
import { keychainAbsent, keychainFailure, keychainSilent } from './keychain-failure.ts';
import { CannotRunApart, type KeytarApart } from './keytar-apart.ts';

/** The calls of keytar that are used; `findCredentials` is not one of them: it crashes on a locked keyring. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

/** The native module; its binaries come with the package, no install script needs to have run. */
export function requireKeytar(): Keytar {
  return createRequire(import.meta.url)('keytar') as Keytar;
}

export interface GuardedKeytarOptions {
  service: string;
  /** Whose login it is about: for the hints of errors. */
  account?: string;
  load: () => Keytar;
  /** Whether a call can be made in this process without the risk that it blocks. */
  isPrompt: () => Promise<boolean>;
  /** For the calls that may block. */
  apart: () => KeytarApart;
}

/** Of a call that is late: whether it may still happen, because a person may be at the prompt, or must not, because it would come too late. */
type WhenLate = 'goes on' | 'is killed';

/**
 * keytar with a time limit on every call, one call at a time. A call that blocks in this process holds a thread of libuv's pool: four of
 * those would stop every file access, and the process cannot exit before they end. So it is made here only when the keyring has just
 * answered; and while one is late all the same, the others fail at once.
 */
export class GuardedKeytar {
  readonly #options: GuardedKeytarOptions;
  #keytar: Keytar | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #silent = false;
  #lateAt = 0;

  constructor(options: GuardedKeytarOptions) {
    this.#options = options;
  }

  get(entry: string, limitMs: number): Promise<string | undefined> {
    const { service } = this.#options;
    return this.#call(limitMs, 'goes on', async (keytar) => (await keytar.getPassword(service, entry)) ?? undefined);
  }

  set(entry: string, value: string, limitMs: number, whenLate: WhenLate = 'is killed'): Promise<void> {
    return this.#call(limitMs, whenLate, (keytar) => keytar.setPassword(this.#options.service, entry, value));
  }

  delete(entry: string, limitMs: number): Promise<boolean> {
    return this.#call(limitMs, 'is killed', (keytar) => keytar.deletePassword(this.#options.service, entry));
  }

  #call<T>(limitMs: number, whenLate: WhenLate, use: (keytar: Keytar) => Promise<T>): Promise<T> {
    const askedAt = performance.now();
    const turn = this.#queue.then(() => {
      if (this.#silent || askedAt < this.#lateAt) throw keychainSilent(limitMs);
      return this.#guarded(limitMs, whenLate, use);
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #guarded<T>(limitMs: number, whenLate: WhenLate, use: (keytar: Keytar) => Promise<T>): Promise<T> {
    const here = this.#loaded();
    const startedAt = performance.now();
    const apart = (await this.#options.isPrompt()) ? undefined : this.#options.apart();
    const leftMs = Math.max(1, limitMs - (performance.now() - startedAt));
    const call = this.#told(
      apart === undefined ? use(here) : use(apart).catch((error) => insteadOf(error, () => use(here))),
    );
    return within(call, leftMs, () => {
      if (whenLate === 'goes on') apart?.letGo();
      else apart?.kill();
      return this.#lateCall(call, limitMs);
    });
  }

  #lateCall(call: Promise<unknown>, limitMs: number): Error {
    this.#silent = true;
    this.#lateAt = performance.now();
    const heard = () => {
      this.#silent = false;
    };
    call.then(heard, heard);
    return keychainSilent(limitMs);
  }

  #told<T>(call: Promise<T>): Promise<T> {
    return call.catch((cause: unknown) => {
      throw keychainFailure(cause, this.#options.account);
    });
  }

  #loaded(): Keytar {
    try {
      this.#keytar ??= this.#options.load();
      return this.#keytar;
    } catch {
      throw keychainAbsent('the keychain library does not load', this.#options.account);
    }
  }
}

function insteadOf<T>(error: unknown, here: () => Promise<T>): Promise<T> {
  if (error instanceof CannotRunApart) return here();
  throw error;
}
