import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import type { Check } from './check.ts';
import { checks as allChecks } from './checks.ts';
import type { DoctorOptions } from './doctor-command.ts';
import { showProgress } from './progress.ts';
import { printJsonReport, printReport } from './report.ts';
import { runChecks } from './run-checks.ts';
import { createSetUp } from './set-up.ts';

export interface Examination {
  readonly checks: readonly Check[];
  /** Of Node, such as 20.19.0. */
  readonly nodeVersion: string;
}

/** Tells what is wrong with the set-up of a profile. Gives back the exit code of the first problem: what follows often follows from it. */
export async function doctor(
  options: DoctorOptions,
  dependencies: Dependencies,
  { checks, nodeVersion }: Examination = { checks: allChecks, nodeVersion: process.versions.node },
): Promise<number> {
  const { signal } = dependencies.interrupts;
  const setUp = createSetUp(options.profile, { ...dependencies, isQuiet: true }, nodeVersion, signal);
  const progress = await showProgress(checks, dependencies);
  const results = await runChecks(checks, setUp, signal, progress.finished).finally(progress.stop);
  if (options.json) printJsonReport(await nameOfProfile(setUp), results, dependencies);
  else await printReport(results, dependencies);
  return results.find(({ exitCode }) => exitCode !== undefined)?.exitCode ?? ExitCode.Ok;
}

async function nameOfProfile({ profile }: ReturnType<typeof createSetUp>): Promise<string | undefined> {
  return profile().then(
    ({ name }) => name,
    () => undefined,
  );
}
