import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { print, printJson, say } from '../../say.ts';
import type { StatusOptions } from './status-command.ts';
import { statusText } from './status-text.ts';
import { watchStatus } from './watch-status.ts';

export async function status(options: StatusOptions, dependencies: Dependencies): Promise<number> {
  if (options.watch) return watchStatus(options, dependencies);
  const running = await sidecarStatus(dependencies);
  if (options.json) printJson(dependencies, { running: running !== undefined, ...running });
  else if (running !== undefined) print(dependencies, ...statusText(running, dependencies.now()));
  if (running !== undefined) return ExitCode.Ok;
  say(dependencies, 'gprxy is not running.', '  Run "gprxy start --detach".');
  return ExitCode.Unexpected;
}
