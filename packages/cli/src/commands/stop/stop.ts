import { setTimeout as delay } from 'node:timers/promises';
import { paths } from '@gprxy/sidecar';
import { interruptedError } from '../../cli-error.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { say } from '../../say.ts';

const pollIntervalMs = 100;

/** Asks the daemon to end and waits until it has. Stopping what does not run is what was wanted, hence no error. */
export async function stop(dependencies: Dependencies): Promise<void> {
  const status = await sidecarStatus(dependencies);
  if (status === undefined) return say(dependencies, 'gprxy was not running.');
  const { requestControl } = await dependencies.sidecars();
  await requestControl(paths(configInput(dependencies)).controlSocket, 'stop');
  const open = status.listeners.reduce((total, { connections }) => total + connections, 0);
  if (open > 0) say(dependencies, `Waiting for open connections (${open}), at most as long as drain_timeout says ...`);
  await untilGone(status.pid, dependencies);
  say(dependencies, `Stopped gprxy (process ${status.pid}).`);
}

async function untilGone(pid: number, dependencies: Dependencies): Promise<void> {
  const { signal } = dependencies.interrupts;
  while ((await sidecarStatus(dependencies))?.pid === pid) {
    await delay(pollIntervalMs, undefined, { signal }).catch((error: unknown) => {
      throw interruptedError(error);
    });
  }
}
