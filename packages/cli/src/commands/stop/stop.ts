import { paths } from '@gprxy/sidecar';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { say } from '../../say.ts';

/** Asks the daemon to end. Stopping what does not run is what was wanted, hence no error. */
export async function stop(dependencies: Dependencies): Promise<void> {
  const status = await sidecarStatus(dependencies);
  if (status === undefined) return say(dependencies, 'gprxy was not running.');
  const { requestControl } = await dependencies.sidecars();
  const { pid } = await requestControl(paths(configInput(dependencies)).controlSocket, 'stop');
  const open = status.listeners.reduce((total, { connections }) => total + connections, 0);
  const draining = open === 0 ? '' : ` It ends when its ${open} open connections have, or at the drain timeout.`;
  say(dependencies, `Stopping gprxy (process ${pid}).${draining}`);
}
