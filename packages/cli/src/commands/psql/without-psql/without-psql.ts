import type { Dependencies } from '../../../dependencies.ts';
import { ExitCode } from '../../../exit-code.ts';
import type { LocalTarget } from '../../../local-session/client-environment.ts';
import { print, say } from '../../../say.ts';
import { cancelStatement } from './cancel-statement.ts';
import { formatResult } from './format-result.ts';
import { connectionError, isStatementError, serverMessage } from './server-message.ts';
import { connectStatementClient, type StatementClient } from './statement-client.ts';
import { type Statements, statementsIn } from './statements-in.ts';

/** Runs the statements of `-c` through node-postgres where psql is missing, and prints what psql would print. */
export async function withoutPsql(
  args: readonly string[],
  target: LocalTarget,
  dependencies: Dependencies,
): Promise<number> {
  const wanted = statementsIn(args, dependencies.platform);
  say(dependencies, 'gprxy: psql is not installed; running the statements with a built-in client instead.');
  const connected = { ...target, database: wanted.database ?? target.database };
  const client = await connectStatementClient(connected, (notice) => say(dependencies, ...serverMessage(notice)));
  const cancel = (): void => cancelStatement(target.endpoint, client.key);
  dependencies.interrupts.signal.addEventListener('abort', cancel, { once: true });
  try {
    return await runStatements(client, wanted, dependencies);
  } finally {
    dependencies.interrupts.signal.removeEventListener('abort', cancel);
    await client.close();
  }
}

/** As psql does: an error does not stop the statements after it unless ON_ERROR_STOP is set, and the last one gives the exit code. */
async function runStatements(client: StatementClient, wanted: Statements, dependencies: Dependencies): Promise<number> {
  let exitCode: number = ExitCode.Ok;
  for (const sql of wanted.statements) {
    exitCode = await runStatement(client, sql, wanted, dependencies);
    if (exitCode !== ExitCode.Ok && wanted.stopOnError) break;
  }
  return exitCode;
}

async function runStatement(
  client: StatementClient,
  sql: string,
  { format }: Statements,
  dependencies: Dependencies,
): Promise<number> {
  try {
    for (const result of await client.run(sql)) print(dependencies, ...formatResult(result, format));
    return ExitCode.Ok;
  } catch (error) {
    if (!isStatementError(error)) throw connectionError(error);
    say(dependencies, ...serverMessage(error));
    return ExitCode.Unexpected;
  }
}
