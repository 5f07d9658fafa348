import { getToken } from './commands/get-token/get-token.ts';
import { plainGetToken } from './commands/get-token/plain-get-token.ts';
import { createDependencies, type Dependencies } from './dependencies.ts';
import { ExitCode } from './exit-code.ts';
import { exitCodeOf } from './exit-code-of.ts';

/** How long something that should have been closed may keep the process after its work is done. */
const lingerMs = 500;

/** The gprxy command: bin/gprxy.cjs calls it with the version of the package. */
export async function main(version: string): Promise<void> {
  const dependencies = createDependencies(process, process.env, version);
  process.on('uncaughtException', (error) => void failUnexpectedly(error, dependencies));
  process.exitCode = await runFast(process.argv.slice(2), dependencies);
  await Promise.allSettled(dependencies.unfinished);
  setTimeout(() => process.exit(), lingerMs).unref();
}

/** Programs call get-token all day, and should not wait for what defines and reads the other commands. */
async function runFast(args: readonly string[], dependencies: Dependencies): Promise<number> {
  const options = plainGetToken(args, dependencies.env);
  if (options === undefined) return (await import('./run.ts')).run(args, dependencies);
  return exitCodeOf(async () => {
    await getToken(options, dependencies);
    return ExitCode.Ok;
  }, dependencies);
}

async function failUnexpectedly(error: unknown, dependencies: Dependencies): Promise<void> {
  const { reportError } = await import('./report-error.ts');
  await reportError(error, dependencies);
  process.exit(ExitCode.Unexpected);
}
