import { paths, type SidecarStatus } from '@gprxy/sidecar';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { poll } from '../../poll.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { say } from '../../say.ts';
import type { StopOptions } from './stop-command.ts';

export async function stop(options: StopOptions, dependencies: Dependencies): Promise<void> {
  const stopped = await stopRunning(options, dependencies);
  say(dependencies, stopped === undefined ? 'gprxy was not running.' : `Stopped gprxy (process ${stopped.pid}).`);
}

/** Asks the daemon to end and waits until it has; gives what it was. Stopping what does not run is what was wanted, hence no error. */
export async function stopRunning(
  { timeout }: StopOptions,
  dependencies: Dependencies,
): Promise<SidecarStatus | undefined> {
  const status = await sidecarStatus(dependencies);
  if (status === undefined) return undefined;
  const { requestControl } = await dependencies.sidecars();
  const { controlSocket } = paths(configInput(dependencies));
  await requestControl(controlSocket, 'stop', timeout === undefined ? {} : { drainTimeoutMs: timeout });
  const open = status.listeners.reduce((total, { connections }) => total + connections, 0);
  const limit = timeout === undefined ? 'as long as drain_timeout says' : `${timeout / 1000} s`;
  if (open > 0) say(dependencies, `Waiting for open connections (${open}), at most ${limit} ...`);
  await poll(async () => (await sidecarStatus(dependencies))?.pid !== status.pid || undefined, dependencies);
  return status;
}
