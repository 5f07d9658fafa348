import { stat } from 'node:fs/promises';
import type { SidecarStatus } from '@gprxy/sidecar';
import { CliError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { logFileOf } from '../../log-file-of.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { say } from '../../say.ts';
import { sayProblem } from '../../say-problem.ts';
import { settledSidecar } from './settled-sidecar.ts';

const startTimeoutMs = 20_000;

/** Starts the daemon in the background, and returns only when it listens or has said why it does not. */
export async function startDetached(startArguments: readonly string[], dependencies: Dependencies): Promise<number> {
  const running = await settledSidecar(dependencies);
  if (running !== undefined) return sayAlreadyRunning(running, dependencies);
  const logFile = logFileOf(dependencies);
  const logStart = await sizeOf(logFile);
  const args = ['start', ...startArguments, '--log-file', logFile];
  const { signal } = dependencies.interrupts;
  const outcome = await dependencies.startDaemon({ args, logFile, timeoutMs: startTimeoutMs, signal });
  switch (outcome.kind) {
    case 'ready':
      return sayListening(logFile, dependencies);
    case 'ended': {
      // Well, and yet at once: another start was faster.
      const other = outcome.exitCode === ExitCode.Ok ? await settledSidecar(dependencies) : undefined;
      if (other !== undefined) return sayAlreadyRunning(other, dependencies);
      say(dependencies, await textFrom(logFile, logStart, dependencies));
      return outcome.exitCode;
    }
    case 'slow':
      throw new CliError('the sidecar did not start in time', { code: 'ERR_START', hint: `Its log is ${logFile}.` });
  }
}

function sayAlreadyRunning(running: SidecarStatus, dependencies: Dependencies): number {
  say(dependencies, `gprxy is already running (process ${running.pid}). "gprxy status" shows it.`);
  return sayUnserved(running, dependencies);
}

async function sayListening(logFile: string, dependencies: Dependencies): Promise<number> {
  const status = await sidecarStatus(dependencies);
  for (const { profile, address, state } of status?.listeners ?? []) {
    if (state === 'listening') say(dependencies, `Listening on ${address} (profile "${profile}").`);
  }
  say(dependencies, `Log: ${logFile}`, 'Stop it with "gprxy stop".');
  return sayUnserved(status, dependencies);
}

/** Says what of the configuration is not served. The rest is: the exit code is for scripts that need all of it, as that of `gprxy reload`. */
function sayUnserved(status: SidecarStatus | undefined, dependencies: Dependencies): number {
  const problems = status?.problems ?? [];
  if (problems.length === 0) return ExitCode.Ok;
  for (const problem of problems) sayProblem(problem, dependencies);
  say(dependencies, 'All else is served. Once that is mended, run "gprxy reload".');
  return ExitCode.Configuration;
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}

/** What this start has added to the log, but for its records: those are for programs, and people have been told the same in words. */
async function textFrom(file: string, offset: number, { readFile }: Dependencies): Promise<string> {
  const log = Buffer.from(await readFile(file));
  const lines = log
    .subarray(offset > log.length ? 0 : offset)
    .toString()
    .trimEnd()
    .split('\n');
  return lines.filter((line) => !line.startsWith('{')).join('\n');
}
