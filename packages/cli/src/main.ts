import { createDependencies, type Dependencies } from './dependencies.ts';
import { ExitCode } from './exit-code.ts';
import { run } from './run.ts';

/** How long something that should have been closed may keep the process after its work is done. */
const lingerMs = 500;

/** The gprxy command: bin/gprxy.mjs calls it with the version of the package. */
export async function main(version: string): Promise<void> {
  const dependencies = createDependencies(process, process.env, version);
  survivesClosedOutput();
  process.on('uncaughtException', (error) => void failUnexpectedly(error, dependencies));
  process.exitCode = await run(process.argv.slice(2), dependencies);
  setTimeout(() => process.exit(), lingerMs).unref();
}

/** `gprxy get-token | head` closes our output early: the reader has what it wanted. */
function survivesClosedOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? ExitCode.Ok : ExitCode.Unexpected);
  });
  process.stderr.on('error', () => {}); // Nobody listens to our prose; the work goes on.
}

async function failUnexpectedly(error: unknown, dependencies: Dependencies): Promise<void> {
  const { reportError } = await import('./report-error.ts');
  await reportError(error, dependencies);
  process.exit(ExitCode.Unexpected);
}
