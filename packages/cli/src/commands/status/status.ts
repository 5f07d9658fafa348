import type { ListenerStatus, SidecarStatus } from '@gprxy/sidecar';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { printable } from '../../printable.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { print, printJson, say } from '../../say.ts';
import { relativeTime } from '../../time-left.ts';
import { alignColumns } from './align-columns.ts';
import type { StatusOptions } from './status-command.ts';

export async function status(options: StatusOptions, dependencies: Dependencies): Promise<number> {
  const running = await sidecarStatus(dependencies);
  if (options.json) printJson(dependencies, { running: running !== undefined, ...running });
  else if (running !== undefined) print(dependencies, ...asText(running, dependencies.now()));
  if (running !== undefined) return ExitCode.Ok;
  say(dependencies, 'gprxy is not running.', '  Run "gprxy start --detach".');
  return ExitCode.Unexpected;
}

function asText({ pid, startedAt, listeners }: SidecarStatus, nowMs: number): readonly string[] {
  const headings = ['PROFILE', 'ADDRESS', 'STATE', 'OPEN', 'TOTAL', 'TOKEN'];
  const since = relativeTime(Date.parse(startedAt), nowMs);
  return [
    `gprxy runs as process ${pid}, started ${since}`,
    '',
    ...alignColumns([headings, ...listeners.map((listener) => rowOf(listener, nowMs))]),
    ...listeners.flatMap((listener) => lastErrorOf(listener, nowMs)),
  ];
}

function rowOf(listener: ListenerStatus, nowMs: number): readonly string[] {
  const { profile, address, state, connections, totalConnections, tokenExpiresAt } = listener;
  const token = tokenExpiresAt === undefined ? 'not used yet' : `until ${relativeTime(tokenExpiresAt, nowMs)}`;
  return [profile, address, state, String(connections), String(totalConnections), token];
}

function lastErrorOf({ profile, lastError }: ListenerStatus, nowMs: number): readonly string[] {
  if (lastError === undefined) return [];
  const when = relativeTime(Date.parse(lastError.at), nowMs);
  return ['', `Last error of profile "${profile}", ${when}: ${lastError.code} ${printable(lastError.message)}`];
}
