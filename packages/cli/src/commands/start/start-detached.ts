import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '@gprxy/sidecar';
import { CliError } from '../../cli-error.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { say } from '../../say.ts';
import type { StartOptions } from './start-command.ts';

const startTimeoutMs = 20_000;

/** Starts the daemon in the background, and returns only when it listens or has said why it does not. */
export async function startDetached(options: StartOptions, dependencies: Dependencies): Promise<number> {
  const running = await sidecarStatus(dependencies);
  if (running !== undefined) {
    say(dependencies, `gprxy is already running (process ${running.pid}). "gprxy status" shows it.`);
    return ExitCode.Ok;
  }
  const logFile = join(paths(configInput(dependencies)).stateDirectory, 'gprxy.log');
  const logStart = await sizeOf(logFile);
  const args = ['start', ...(options.profile ?? []).flatMap((name) => ['--profile', name])];
  const { signal } = dependencies.interrupts;
  const outcome = await dependencies.startDaemon({ args, logFile, timeoutMs: startTimeoutMs, signal });
  switch (outcome.kind) {
    case 'ready':
      await sayListening(logFile, dependencies);
      return ExitCode.Ok;
    case 'ended':
      say(dependencies, await textFrom(logFile, logStart, dependencies));
      return outcome.exitCode;
    case 'slow':
      throw new CliError('the sidecar did not start in time', { code: 'ERR_START', hint: `Its log is ${logFile}.` });
  }
}

async function sayListening(logFile: string, dependencies: Dependencies): Promise<void> {
  const status = await sidecarStatus(dependencies);
  for (const { profile, address, state, lastError } of status?.listeners ?? []) {
    const failure = `gprxy: cannot listen on ${address} (profile "${profile}"): ${lastError?.message ?? 'see the log'}`;
    say(dependencies, state === 'listening' ? `Listening on ${address} (profile "${profile}").` : failure);
  }
  say(dependencies, `Log: ${logFile}`, 'Stop it with "gprxy stop".');
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}

/** What this start has added to the log. */
async function textFrom(file: string, offset: number, { readFile }: Dependencies): Promise<string> {
  const log = Buffer.from(await readFile(file));
  return log.subarray(offset).toString().trimEnd();
}
