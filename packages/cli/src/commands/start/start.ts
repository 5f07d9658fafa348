import { type DaemonOutcome, type ProfilesRead, paths, type Sidecar, type SidecarProblem } from '@gprxy/sidecar';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { tokenSourceFor } from '../../profile-login.ts';
import { say } from '../../say.ts';
import { sayProblem } from '../../say-problem.ts';
import { connectionStrings } from './connection-strings.ts';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import { personLoginFor } from './person-login.ts';
import { profilesToServe } from './profiles-to-serve.ts';
import { settledSidecar } from './settled-sidecar.ts';
import { startArguments } from './start-arguments.ts';
import type { StartOptions } from './start-command.ts';
import { startDetached } from './start-detached.ts';
import { supervisorNotices } from './supervisor-notices.ts';

export async function start(options: StartOptions, dependencies: Dependencies): Promise<number> {
  const readAt = dependencies.now();
  const read = { readAt, ...(await profilesToServe(options.profile, dependencies)) };
  if (options.detach) return startDetached(startArguments(options), dependencies);
  // Two may wait for a third to end: the one that is faster then is seen by the other.
  await settledSidecar(dependencies);
  return serve(read, options, dependencies);
}

/** The daemon itself, in the foreground. */
async function serve(
  read: ProfilesRead & { readAt: number },
  options: StartOptions,
  dependencies: Dependencies,
): Promise<number> {
  const { keepYoungGenerationSmall, runDaemon } = await dependencies.sidecars();
  keepYoungGenerationSmall();
  const { interrupts, signals, stderr, env } = dependencies;
  const { controlSocket, configFile, passwordFile } = paths(configInput(dependencies));
  const log = await openLog(options, dependencies);
  const inDaemon: Dependencies = {
    ...dependencies,
    isQuiet: true,
    credentialLog: ({ level, message, ...fields }) => log[level](fields, message),
  };
  let serving: ProfilesRead = read;
  let started: Sidecar | undefined;
  const notice = supervisorNotices(dependencies, process.pid);
  const resume = interrupts.pause();
  const outcome = await runDaemon({
    ...read,
    async readProfiles() {
      serving = await profilesToServe(options.profile, dependencies);
      return serving;
    },
    tokenSourceFor: (profile) => tokenSourceFor(profile, inDaemon),
    notify: async (reminder) => (await import('../../desktop/notify-desktop.ts')).notifyDesktop(reminder, dependencies),
    personLoginFor: (profile) => personLoginFor(profile, inDaemon),
    connectionStrings: (listener) => connectionStrings(listener, serving, passwordFile),
    log,
    controlSocketPath: controlSocket,
    startArguments: startArguments(options),
    listenAnywhere: options.listenAnywhere ?? false,
    passwordFile,
    inheritedDescriptors: inheritedDescriptors(env, process.pid),
    signals,
    // A terminal that is closed says so by SIGHUP, and takes what runs in it along.
    onHangup: stderr.isTTY ? 'stop' : 'reload',
    ...(options.watch && { watchedFile: configFile }),
    onPhase: (phase) => notice(phase, started?.status()),
    onReady(sidecar) {
      started = sidecar;
      announce(sidecar, dependencies);
    },
  });
  resume();
  return conclude(outcome, dependencies);
}

async function openLog({ logFile }: StartOptions, { sidecars, stderr, env }: Dependencies) {
  const { createLog, openLogFile } = await sidecars();
  const file = logFile === undefined ? undefined : openLogFile(logFile);
  return createLog({
    level: env.GPRXY_DEBUG ? 'debug' : 'info',
    format: file === undefined && stderr.isTTY ? 'pretty' : 'json',
    write: (line) => void (file ?? stderr).write(line),
  });
}

function announce(sidecar: Sidecar, dependencies: Dependencies): void {
  for (const { profile, address } of sidecar.listeners)
    say(dependencies, `Listening on ${address} (profile "${profile}").`);
  sayProblems(sidecar.problems, dependencies);
  dependencies.announceReady();
}

function sayProblems(problems: readonly SidecarProblem[], dependencies: Dependencies): void {
  for (const problem of problems) sayProblem(problem, dependencies);
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
      sayProblems(outcome.problems, dependencies);
      return ExitCode.Configuration;
  }
}
