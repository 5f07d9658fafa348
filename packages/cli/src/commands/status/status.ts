import { paths } from '@gprxy/sidecar';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { notRunning, sidecarStatus } from '../../running-sidecar.ts';
import { print, printJson, say } from '../../say.ts';
import { startHint } from '../../start-hint.ts';
import { lineWidth } from '../../terminal.ts';
import { openStatusPage } from './open-status-page.ts';
import type { StatusOptions } from './status-command.ts';
import { statusText } from './status-text.ts';
import { watchStatus } from './watch-status.ts';

/** For node_exporter's text files, where no port is to be open. */
async function printMetrics(dependencies: Dependencies): Promise<number> {
  const { requestControl } = await dependencies.sidecars();
  const metrics = requestControl(paths(configInput(dependencies)).controlSocket, 'metrics');
  const { text } = await metrics.catch(async (error: unknown) => {
    throw await notRunning(error, dependencies);
  });
  dependencies.stdout.write(text);
  return ExitCode.Ok;
}

export async function status(options: StatusOptions, dependencies: Dependencies): Promise<number> {
  if (options.watch) return watchStatus(options, dependencies);
  if (options.metrics) return printMetrics(dependencies);
  if (options.web) return openStatusPage(dependencies);
  const running = await sidecarStatus(dependencies);
  if (options.json) printJson(dependencies, { running: running !== undefined, ...running });
  else if (running !== undefined)
    print(dependencies, ...statusText(running, dependencies.now(), lineWidth(dependencies.stdout)));
  if (running !== undefined) return ExitCode.Ok;
  say(dependencies, 'gprxy is not running.', `  ${await startHint(dependencies)}`);
  return ExitCode.Unexpected;
}
