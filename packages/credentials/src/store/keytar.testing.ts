import type { Keytar } from './keytar.ts';

/** A keychain in memory that behaves as libsecret does: locked, it answers "no such entry" and refuses to store. */
export class FakeKeytar implements Keytar {
  readonly entries = new Map<string, string>();
  locked = false;
  /** Longest value that an entry takes; Windows says 2,560. */
  maxBytes = Number.POSITIVE_INFINITY;
  /** After so many further changes, all later ones fail: the process was killed there. */
  killAfterChanges = Number.POSITIVE_INFINITY;
  silent = false;
  calls = 0;

  async getPassword(service: string, account: string): Promise<string | null> {
    await this.#call();
    return this.locked ? null : (this.entries.get(`${service}/${account}`) ?? null);
  }

  async setPassword(service: string, account: string, password: string): Promise<void> {
    await this.#call();
    if (this.locked) throw new Error('Cannot create an item in a locked collection');
    if (Buffer.byteLength(password) > this.maxBytes) throw new Error('The stub received bad data.');
    this.#change();
    this.entries.set(`${service}/${account}`, password);
  }

  async deletePassword(service: string, account: string): Promise<boolean> {
    await this.#call();
    if (this.locked) return false;
    this.#change();
    return this.entries.delete(`${service}/${account}`);
  }

  async #call(): Promise<void> {
    this.calls++;
    if (this.silent) await new Promise(() => undefined);
  }

  #change(): void {
    if (this.killAfterChanges <= 0) throw new Error('killed');
    this.killAfterChanges--;
  }
}
