import type { Dependencies } from '../../dependencies.ts';
import { clientEnvironment, type LocalTarget } from '../../local-session/client-environment.ts';
import { withLocalSession } from '../../local-session/with-local-session.ts';
import { sayNameADatabase } from './name-a-database.ts';
import type { PsqlOptions } from './psql-command.ts';

/** Runs psql against the running sidecar, or against one of its own; gives back psql's exit code. */
export async function psql(options: PsqlOptions, dependencies: Dependencies): Promise<number> {
  return withLocalSession(options, dependencies, async (target) => {
    const env = clientEnvironment(dependencies.env, target);
    const args = [...databaseToList(options, target), ...options.args];
    const exitCode = await dependencies.runProgram({ command: 'psql', args, env });
    if (exitCode === undefined) {
      const { withoutPsql } = await import('./without-psql/without-psql.ts');
      return withoutPsql(options.args, target, dependencies);
    }
    if (target.isDatabaseGuessed) sayNameADatabase(exitCode, options.args, dependencies);
    return exitCode;
  });
}

/** To list the databases psql goes to "postgres", whatever the environment says; a gateway may not serve that one. */
function databaseToList({ args }: PsqlOptions, { database, isDatabaseGuessed }: LocalTarget): readonly string[] {
  const lists = args.some((word) => /^(-l|--list)$/.test(word));
  return lists && !isDatabaseGuessed ? ['--dbname', database] : [];
}
