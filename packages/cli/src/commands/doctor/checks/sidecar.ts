import { CliError } from '../../../cli-error.ts';
import { type Finding, ok, warning } from '../check.ts';
import type { SetUp } from '../set-up.ts';

/** Whether the sidecar runs and serves the profile. gprxy psql and exec do without. */
export async function checkSidecar({ profile, status }: SetUp): Promise<Finding> {
  const [{ name, listen }, running] = await Promise.all([profile(), status()]);
  if (listen.length === 0) return ok(`not needed: profile "${name}" has no "listen"`);
  if (running === undefined) return warning('it does not run', 'Run "gprxy start --detach".');
  const listeners = running.listeners.filter(({ profile }) => profile === name);
  const problem = running.problems.find(({ profile }) => profile === name);
  if (problem !== undefined) throw notServed(problem.message, problem.hint);
  const failed = listeners.find(({ state }) => state === 'failed');
  if (failed !== undefined) throw notServed(`${failed.address}: ${failed.lastError?.message ?? 'unknown reason'}`);
  if (listeners.length === 0) {
    return warning(`it runs (pid ${running.pid}) without profile "${name}"`, 'Run "gprxy reload".');
  }
  return ok(`runs (pid ${running.pid}), on ${listeners.map(({ address }) => address).join(' and ')}`);
}

function notServed(reason: string, hint = 'Remove the reason.'): CliError {
  return new CliError(`it runs, and does not serve the profile: ${reason}`, {
    code: 'ERR_CONFIG_LISTEN',
    hint: `${hint} Then run "gprxy reload".`,
  });
}
