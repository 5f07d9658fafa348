import type { Dependencies } from '../../dependencies.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { say } from '../../say.ts';
import { restartService } from '../service/service.ts';
import { profilesToServe } from '../start/profiles-to-serve.ts';
import { startDetached } from '../start/start-detached.ts';
import { stopRunning } from '../stop/stop.ts';
import type { StopOptions } from '../stop/stop-command.ts';

/** The same daemon anew. What could not be started again is not stopped. */
export async function restart(options: StopOptions, dependencies: Dependencies): Promise<number> {
  const args = (await sidecarStatus(dependencies))?.startArguments ?? [];
  await profilesToServe(profilesIn(args), dependencies);
  const restarted = await restartService(dependencies);
  if (restarted !== undefined) return restarted;
  const stopped = await stopRunning(options, dependencies);
  say(dependencies, stopped === undefined ? 'gprxy was not running.' : `Stopped gprxy (process ${stopped.pid}).`);
  return startDetached(args, dependencies);
}

function profilesIn(args: readonly string[]): readonly string[] | undefined {
  const names = args.filter((_, index) => args[index - 1] === '--profile');
  return names.length === 0 ? undefined : names;
}
