import { createDependencies } from './dependencies.ts';
import { ExitCode } from './exit-code.ts';
import { run } from './run.ts';

/** How long something that should have been closed may keep the process after its work is done. */
const lingerMs = 500;

export async function main(version: string): Promise<void> {
  // `gprxy get-token | head` closes our output early; that is the reader's right.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(ExitCode.Ok);
    throw error;
  });
  process.exitCode = await run(process.argv.slice(2), createDependencies(process, process.env, version));
  setTimeout(() => process.exit(), lingerMs).unref();
}
