import type { SessionEnd } from '@gprxy/proxy-core';
import type { ConnectionObserver, Step } from './connection-observer.ts';

/** How far one connection is, for who observes it: each step ends where the next one begins. */
export class ConnectionSteps {
  readonly #observer: ConnectionObserver;
  readonly #startedAt = preciseNow();
  #step: Step = 'authenticate';
  #since = this.#startedAt;
  /** Of the line to the upstream; see connectionIdOf() of proxy-core. */
  connectionId: string | undefined;

  constructor(observer: ConnectionObserver) {
    this.#observer = observer;
  }

  begin(step: Step): void {
    const now = preciseNow();
    this.#observer.step(this.#step, this.#since, now);
    this.#step = step;
    this.#since = now;
  }

  /** TCP and TLS to the upstream stand. */
  connected(connectionId: string | undefined): void {
    this.connectionId = connectionId;
    this.begin('login');
  }

  letIn(connectionId: string | undefined): void {
    this.connectionId = connectionId;
    this.begin('session');
    this.#observer.ready(this.#since - this.#startedAt);
  }

  end({ error, bytesFromClient, bytesFromUpstream }: SessionEnd<unknown>): void {
    const at = preciseNow();
    this.#observer.step(this.#step, this.#since, at, error);
    this.#observer.end({ at, error, bytesFromClient, bytesFromUpstream, connectionId: this.connectionId });
  }
}

/** Epoch milliseconds with fractions, by a clock that nobody sets. */
function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
