import { orAborted } from './abort.ts';

interface Flight<T> {
  result: Promise<T>;
  controller: AbortController;
  waiting: number;
}

/** One run of the work per key for all who ask while it runs. Once nobody waits any more, its signal aborts. */
export class SingleFlight<K, T> {
  readonly #work: (key: K, signal: AbortSignal) => Promise<T>;
  readonly #flights = new Map<K, Flight<T>>();

  constructor(work: (key: K, signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  async join(key: K, signal: AbortSignal): Promise<T> {
    const flight = this.#flights.get(key) ?? this.#start(key);
    flight.waiting++;
    try {
      return await orAborted(flight.result, signal);
    } finally {
      flight.waiting--;
      if (flight.waiting === 0) this.#abandon(key, flight);
    }
  }

  #start(key: K): Flight<T> {
    const controller = new AbortController();
    const result = this.#work(key, controller.signal).finally(() => this.#forget(key, flight));
    const flight: Flight<T> = { result, controller, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  #abandon(key: K, flight: Flight<T>): void {
    this.#forget(key, flight);
    flight.controller.abort();
  }

  #forget(key: K, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
