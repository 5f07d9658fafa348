/** What a client's connection is at, in this order; a step may be left out. `session` lasts until the end. */
export type Step = 'authenticate' | 'token' | 'connect' | 'login' | 'session';

export interface ObservedConnection {
  readonly profile: string;
  readonly sessionId: string;
}

export interface ConnectionEnd {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Absent when somebody simply hung up. */
  readonly error?: unknown;
  readonly bytesFromClient: number;
  readonly bytesFromUpstream: number;
  /** See connectionIdOf() of proxy-core. */
  readonly connectionId?: string | undefined;
}

/** Is told of one connection; metrics and spans are made of it. Nothing that it does may fail the connection. */
export interface ConnectionObserver {
  /** From and until when, in epoch milliseconds with fractions. */
  step(step: Step, from: number, until: number, error?: unknown): void;
  /** The client is let in, and this many milliseconds after its StartupMessage. */
  ready(setupMs: number): void;
  end(end: ConnectionEnd): void;
}

/** Called with a client's StartupMessage. */
export type Observe = (connection: ObservedConnection) => ConnectionObserver;

export type CancelResult = 'forwarded' | 'failed' | 'ignored';

/** What is measured of all connections of the sidecar. */
export interface Telemetry {
  readonly observe: Observe;
  cancelled(profile: string, result: CancelResult): void;
}

/** Tells several of the same connection. */
export function observeAll(...observes: readonly Observe[]): Observe {
  return (connection) => {
    const observers = observes.map((observe) => observe(connection));
    return {
      step(...step) {
        for (const observer of observers) observer.step(...step);
      },
      ready(setupMs) {
        for (const observer of observers) observer.ready(setupMs);
      },
      end(end) {
        for (const observer of observers) observer.end(end);
      },
    };
  };
}

export const noTelemetry: Telemetry = { observe: () => ({ step() {}, ready() {}, end() {} }), cancelled() {} };
