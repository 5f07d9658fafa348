import type { Dependencies } from '../../dependencies.ts';
import { clientEnvironment } from '../../local-session/client-environment.ts';
import { withLocalSession } from '../../local-session/with-local-session.ts';
import type { PsqlOptions } from './psql-command.ts';

/** Runs psql against the running sidecar, or against one of its own; gives back psql's exit code. */
export async function psql(options: PsqlOptions, dependencies: Dependencies): Promise<number> {
  return withLocalSession(options, dependencies, async (target) => {
    const env = clientEnvironment(dependencies.env, target);
    const exitCode = await dependencies.runProgram({ command: 'psql', args: options.args, env });
    if (exitCode !== undefined) return exitCode;
    const { withoutPsql } = await import('./without-psql/without-psql.ts');
    return withoutPsql(options.args, target, dependencies);
  });
}
