import { timingSafeEqual } from 'node:crypto';
import type { UpstreamTarget } from './session/connect-upstream-socket.ts';
import type { BackendKey, FrontendKey } from './wire/cancel-key.ts';

/** Where a cancel of one client has to go. */
export interface CancelTarget {
  readonly sessionId: string;
  readonly target: UpstreamTarget;
  /** Absent: the server gave none, and cannot be asked to cancel. */
  readonly backendKey: BackendKey | undefined;
}

/** FrontendKey -> BackendKey, for as long as that client is attached to that backend, and no longer. */
export class CancelRegistry {
  // Backends of two servers may have the same pid: the secret decides.
  readonly #byPid = new Map<number, Set<{ key: FrontendKey; target: CancelTarget }>>();

  /** Returns the function that takes the entry out again. */
  register(key: FrontendKey, target: CancelTarget): () => void {
    const entry = { key, target };
    const entries = this.#byPid.get(key.pid) ?? new Set();
    this.#byPid.set(key.pid, entries.add(entry));
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#byPid.get(key.pid) === entries) this.#byPid.delete(key.pid);
    };
  }

  /** The secret is compared in constant time: it is all that stands between a stranger and somebody's query. */
  find(key: FrontendKey): CancelTarget | undefined {
    for (const entry of this.#byPid.get(key.pid) ?? []) {
      const { secret } = entry.key;
      if (secret.length === key.secret.length && timingSafeEqual(secret, key.secret)) return entry.target;
    }
    return undefined;
  }
}
