import { type DaemonOutcome, loadConfig, type Profile, paths, type Sidecar, type SidecarProblem } from '@gprxy/sidecar';
import { chosenProfiles } from '../../chosen-profile.ts';
import { CliError } from '../../cli-error.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { tokenSourceFor } from '../../profile-login.ts';
import { say } from '../../say.ts';
import type { StartOptions } from './start-command.ts';
import { startDetached } from './start-detached.ts';

export async function start(options: StartOptions, dependencies: Dependencies): Promise<number> {
  const profiles = await profilesToServe(options, dependencies);
  return options.detach ? startDetached(options, dependencies) : serve(profiles, dependencies);
}

async function profilesToServe(options: StartOptions, dependencies: Dependencies): Promise<readonly Profile[]> {
  const config = await loadConfig(configInput(dependencies));
  for (const problem of config.problems.values()) say(dependencies, `gprxy: ${problem.message}`);
  const profiles = chosenProfiles(config, options.profile).filter(({ listen }) => listen.length > 0);
  if (profiles.length > 0) return profiles;
  throw new CliError('no profile has a "listen", so there is nothing to start', {
    code: 'ERR_CONFIG_LISTEN',
    detail: `Configuration: ${config.path}`,
    hint: 'Add listen = "127.0.0.1:5433" to a profile there, or run "gprxy login --help" to make one.',
  });
}

/** The daemon itself, in the foreground. */
async function serve(profiles: readonly Profile[], dependencies: Dependencies): Promise<number> {
  const { createLog, runDaemon } = await dependencies.sidecars();
  const sources = await tokenSources(profiles, dependencies);
  const { stderr, interrupts, signals } = dependencies;
  const log = await createLog({
    level: dependencies.env.GPRXY_DEBUG ? 'debug' : 'info',
    format: stderr.isTTY ? 'pretty' : 'json',
    write: (line) => void stderr.write(line),
  });
  const resume = interrupts.pause();
  const outcome = await runDaemon({
    profiles,
    tokenSourceFor: (profile) => sources.get(profile.name) as NonNullable<ReturnType<typeof sources.get>>,
    log,
    controlSocketPath: paths(configInput(dependencies)).controlSocket,
    signals,
    onReady: (sidecar) => announce(sidecar, dependencies),
  });
  resume();
  return conclude(outcome, dependencies);
}

async function tokenSources(profiles: readonly Profile[], dependencies: Dependencies) {
  const sources = profiles.map(async (profile) => [profile.name, await tokenSourceFor(profile, dependencies)] as const);
  return new Map(await Promise.all(sources));
}

function announce(sidecar: Sidecar, dependencies: Dependencies): void {
  for (const { profile, address } of sidecar.listeners)
    say(dependencies, `Listening on ${address} (profile "${profile}").`);
  for (const problem of sidecar.problems) sayProblem(problem, dependencies);
  dependencies.announceReady();
}

function sayProblem({ profile, message, hint }: SidecarProblem, dependencies: Dependencies): void {
  say(dependencies, `gprxy: profile "${profile}": ${message}`, ...(hint === undefined ? [] : [`  ${hint}`]));
}

function conclude(outcome: DaemonOutcome, dependencies: Dependencies): number {
  switch (outcome.kind) {
    case 'stopped':
      say(dependencies, outcome.forced === 0 ? 'Stopped.' : `Stopped; ${outcome.forced} connections were cut off.`);
      return ExitCode.Ok;
    case 'interrupted':
      return ExitCode.Interrupted;
    case 'already-running':
      say(dependencies, `gprxy is already running (process ${outcome.pid}). "gprxy status" shows it.`);
      return ExitCode.Ok;
    case 'nothing-to-serve':
      for (const problem of outcome.problems) sayProblem(problem, dependencies);
      return ExitCode.Configuration;
  }
}
