import { paths, type Reloaded } from '@gprxy/sidecar';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { notRunning } from '../../running-sidecar.ts';
import { printJson, say } from '../../say.ts';
import { sayProblem } from '../../say-problem.ts';
import type { ReloadOptions } from './reload-command.ts';

export async function reload(options: ReloadOptions, dependencies: Dependencies): Promise<number> {
  const { requestControl } = await dependencies.sidecars();
  const { controlSocket } = paths(configInput(dependencies));
  const reloaded = await requestControl(controlSocket, 'reload').catch(async (error: unknown) => {
    throw await notRunning(error, dependencies);
  });
  if (options.json) printJson(dependencies, reloaded);
  else tell(reloaded, dependencies);
  return reloaded.problems.length === 0 ? ExitCode.Ok : ExitCode.Configuration;
}

function tell({ added, changed, removed, problems }: Reloaded, dependencies: Dependencies): void {
  const changes = Object.entries({ added, changed, removed }).filter(([, names]) => names.length > 0);
  const words = changes.map(([what, names]) => `${what}: ${names.join(', ')}`).join('; ');
  for (const problem of problems) sayProblem(problem, dependencies);
  if (words !== '') say(dependencies, `Reloaded (${words}).`);
  else say(dependencies, problems.length === 0 ? 'Reloaded; no profile has changed.' : 'All else stays as it was.');
}
