import type { Listener } from '@gprxy/proxy-core';
import type { OpenAddress } from './open-address.ts';
import { whenGone } from './when-gone.ts';

/** Some systems clean up where sockets stand, or take the directory away when the last session of its user ends. */
const RECHECK_MS = 5_000;

export interface LastingOptions {
  readonly path: string;
  /** Binds the socket, anew each time. */
  bind(): Promise<Listener>;
  /** Why it is gone and could not be made again; undefined once it has been. */
  onGone(problem: unknown): void;
  readonly recheckMs?: number;
}

/** A Unix socket that is made again within seconds when somebody takes its file away. Sessions that came in by the former one go on. */
export async function openLastingSocket(options: LastingOptions): Promise<OpenAddress> {
  const { path, bind, onGone, recheckMs = RECHECK_MS } = options;
  let current = await bind();
  const listeners = new Set([current]);
  let ended = false;
  const replace = async () => {
    // First, because giving it up removes whatever file has its name.
    current.release();
    const former = current;
    current = await bind();
    listeners.add(current);
    void former.drain().then(() => listeners.delete(former));
    if (ended) current.release();
  };
  const restore = () => replace().then(() => onGone(undefined), onGone);
  const endLooking = whenGone(path, restore, recheckMs);
  const end = () => {
    ended = true;
    endLooking();
  };
  return {
    address: { path },
    get connections() {
      return [...listeners].reduce((sum, { connections }) => sum + connections, 0);
    },
    release() {
      end();
      current.release();
    },
    async drain(timeoutMs) {
      end();
      const drained = await Promise.all(Array.from(listeners, (listener) => listener.drain(timeoutMs)));
      return { forced: drained.reduce((sum, { forced }) => sum + forced, 0) };
    },
  };
}
