import { createRequire } from 'node:module';
import { within } from '../abort.ts';
import { keychainAbsent, keychainFailure, keychainSilent } from './keychain-failure.ts';

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

/**
 * keytar with a time limit on every call, one call at a time. A call blocks a thread of libuv's pool for as long as
 * the keyring is silent (a prompt to unlock may be open), and four of those would stop every file access of the
 * process; so while one is late, the others fail at once.
 */
export class GuardedKeytar {
  readonly #load: () => Keytar;
  readonly #service: string;
  #keytar: Keytar | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #silent = false;

  constructor(service: string, load: () => Keytar) {
    this.#service = service;
    this.#load = load;
  }

  get(entry: string, limitMs: number): Promise<string | undefined> {
    return this.#call(limitMs, async (keytar) => (await keytar.getPassword(this.#service, entry)) ?? undefined);
  }

  set(entry: string, value: string, limitMs: number): Promise<void> {
    return this.#call(limitMs, (keytar) => keytar.setPassword(this.#service, entry, value));
  }

  delete(entry: string, limitMs: number): Promise<boolean> {
    return this.#call(limitMs, (keytar) => keytar.deletePassword(this.#service, entry));
  }

  #call<T>(limitMs: number, use: (keytar: Keytar) => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => this.#guarded(limitMs, use));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #guarded<T>(limitMs: number, use: (keytar: Keytar) => Promise<T>): Promise<T> {
    if (this.#silent) throw keychainSilent(limitMs);
    const keytar = this.#loaded();
    const call = use(keytar).catch((cause: unknown) => {
      throw keychainFailure(cause);
    });
    return within(call, limitMs, () => this.#lateCall(call, limitMs));
  }

  #lateCall(call: Promise<unknown>, limitMs: number): Error {
    this.#silent = true;
    const heard = () => {
      this.#silent = false;
    };
    call.then(heard, heard);
    return keychainSilent(limitMs);
  }

  #loaded(): Keytar {
    try {
      this.#keytar ??= this.#load();
      return this.#keytar;
    } catch {
      throw keychainAbsent('the keychain library does not load');
    }
  }
}
