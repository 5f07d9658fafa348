import { prettyLogLine } from '@gprxy/sidecar';
import { CliError } from '../../cli-error.ts';
import { coloursFor } from '../../colours.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { logFileOf } from '../../log-file-of.ts';
import { poll } from '../../poll.ts';
import { print } from '../../say.ts';
import { startHint } from '../../start-hint.ts';
import { lineWidth } from '../../terminal.ts';
import { logOnTerminal } from './log-on-terminal.ts';
import type { LogsOptions } from './logs-command.ts';
import { createLogReader } from './read-log.ts';

const intervalMs = 200;

export async function logs({ follow, lines, json }: LogsOptions, dependencies: Dependencies): Promise<number> {
  const path = logFileOf(dependencies);
  const read = createLogReader(path);
  const pretty = await prettyFor(dependencies);
  const show = (added: readonly string[]) => print(dependencies, ...added.map((line) => (json ? line : pretty(line))));
  const wanted = (text: string) => linesOf(text).filter((line) => !json || line.startsWith('{'));
  const soFar = wanted(await read().catch((error: unknown) => noLog(error, path, dependencies)));
  show(lines === 0 ? [] : soFar.slice(-lines));
  if (!follow) return ExitCode.Ok;
  const showMore = async () => void show(wanted(await read().catch(() => ''))) as undefined;
  await poll<never>(showMore, dependencies, { intervalMs }).catch((error: unknown) => {
    if (!dependencies.interrupts.signal.aborted) throw error;
  });
  return ExitCode.Interrupted;
}

/** A pipe gets each record as one line, whole. */
async function prettyFor({ stdout, env }: Dependencies): Promise<(line: string) => string> {
  if (lineWidth(stdout) === undefined) return prettyLogLine;
  const colours = await coloursFor(stdout, env);
  return (line) => logOnTerminal(prettyLogLine(line), lineWidth(stdout) ?? 80, colours);
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.trimEnd().split('\n');
}

const ofService = 'The log of a service is where the system keeps those: "gprxy service status" tells.';

async function noLog(error: unknown, path: string, dependencies: Dependencies): Promise<never> {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  throw new CliError(missing ? 'there is no log yet' : `the log cannot be read: ${(error as Error).message}`, {
    code: 'ERR_NO_LOG',
    detail: `It would be ${path}: only a sidecar in the background writes it.`,
    hint: await startHint(dependencies, `. ${ofService}`),
    cause: error,
  });
}
