import type { Serving } from '../listen/serving.ts';
import type { Log } from '../log/log.ts';

export interface Ended {
  /** Connections that were cut off. */
  readonly forced: number;
}

export interface Closing {
  readonly started: boolean;
  /** A later call with a shorter time overtakes an earlier one. */
  close(reason?: string, options?: { readonly drainTimeoutMs?: number }): Promise<Ended>;
  readonly closed: Promise<Ended>;
  /** What is to be closed once all connections have ended. */
  afterwards(close: () => Promise<void>): void;
}

/** Ends a sidecar once, however often it is asked to. What is served may still grow. */
export function createClosing(serving: Serving, log: Log, onStart: () => void): Closing {
  const last: Array<() => Promise<void>> = [];
  let forced = 0;
  let started = false;
  let finished: Promise<void> | undefined;
  let settle: (ended: Ended) => void = () => {};
  const closed = new Promise<Ended>((resolve) => {
    settle = resolve;
  });
  const finish = async () => {
    await Promise.all([serving.closeSpares('stopping'), ...last.map((close) => close())]);
    log.info({ forced }, 'closed');
    settle({ forced });
  };
  return {
    closed,
    get started() {
      return started;
    },
    afterwards: (close) => last.push(close),
    async close(reason = 'stopping', { drainTimeoutMs } = {}) {
      log.info({ reason }, started ? 'draining faster' : 'draining');
      if (!started) onStart();
      started = true;
      void serving.closeSpares(reason);
      forced = Math.max(forced, await drainAll(serving, drainTimeoutMs));
      finished ??= finish();
      await finished;
      return { forced };
    },
  };
}

async function drainAll({ addresses }: Serving, drainTimeoutMs: number | undefined): Promise<number> {
  const drained = await Promise.all(
    addresses.map((address) => address.drain(drainTimeoutMs ?? address.profile.drainTimeoutMs)),
  );
  return drained.reduce((sum, { forced }) => sum + forced, 0);
}
