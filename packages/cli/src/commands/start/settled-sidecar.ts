import type { SidecarStatus } from '@gprxy/sidecar';
import type { Dependencies } from '../../dependencies.ts';
import { poll } from '../../poll.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { say } from '../../say.ts';

/** What opens its listeners for longer than this is taken as it is. */
const startTimeoutMs = 20_000;

/** The daemon that runs and goes on running, once it listens; undefined when there is none, or when that which there was has ended. */
export async function settledSidecar(dependencies: Dependencies): Promise<SidecarStatus | undefined> {
  const status = await sidecarStatus(dependencies);
  if (status === undefined || status.state === 'running') return status;
  if (status.state === 'stopping') {
    say(dependencies, `gprxy (process ${status.pid}) is stopping; the next one starts once it has.`);
    await poll(async () => (await isStill(status, dependencies)) === undefined || undefined, dependencies);
    return settledSidecar(dependencies);
  }
  const settled = async () => {
    const now = await isStill(status, dependencies);
    return now?.state === 'starting' ? undefined : { now };
  };
  const found = await poll(settled, dependencies, { timeoutMs: startTimeoutMs });
  return found ? found.now : status;
}

async function isStill({ pid }: SidecarStatus, dependencies: Dependencies): Promise<SidecarStatus | undefined> {
  const now = await sidecarStatus(dependencies);
  return now?.pid === pid ? now : undefined;
}
