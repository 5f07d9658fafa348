/** A session that waits, and for whom. */
export interface Waiting<Session> {
  readonly session: Session;
  /** See `startupKey`. */
  readonly startup: string;
  /** See `secretKey`. */
  readonly secret: string;
  readonly database: string;
  /** Epoch ms. */
  readonly since: number;
  /** Epoch ms; nobody gets it from then on. */
  readonly until: number;
}

/** Which sessions wait. Each is handed out once, by `claim` or by what takes it away, and nothing here waits in between. */
export class SpareStore<Session> {
  readonly #capacity: number;
  /** By `startup`; the oldest first. */
  readonly #waiting = new Map<string, Waiting<Session>>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get all(): ReadonlyArray<Waiting<Session>> {
    return [...this.#waiting.values()];
  }

  has(startup: string): boolean {
    return this.#waiting.has(startup);
  }

  /** Returns those that have to go for it: the former one for the same client, or the oldest of too many. */
  put(waiting: Waiting<Session>): ReadonlyArray<Waiting<Session>> {
    const former = this.#remove(this.#waiting.get(waiting.startup));
    this.#waiting.set(waiting.startup, waiting);
    const [oldest] = this.#waiting.values();
    return this.#waiting.size > this.#capacity ? [...former, ...this.#remove(oldest)] : former;
  }

  /** The session for exactly this client, if one waits; `stale`, which is for nobody any more, if it was opened with another secret or is too old. */
  claim(startup: string, secret: string, now: number): { usable?: Waiting<Session>; stale?: Waiting<Session> } {
    const [found] = this.#remove(this.#waiting.get(startup));
    if (found === undefined) return {};
    return found.secret === secret && now < found.until ? { usable: found } : { stale: found };
  }

  /** Takes away all that `isUnwanted` says. */
  removeWhere(isUnwanted: (waiting: Waiting<Session>) => boolean): ReadonlyArray<Waiting<Session>> {
    return this.all.filter(isUnwanted).flatMap((each) => this.#remove(each));
  }

  #remove(waiting: Waiting<Session> | undefined): Array<Waiting<Session>> {
    if (waiting === undefined) return [];
    this.#waiting.delete(waiting.startup);
    return [waiting];
  }
}
