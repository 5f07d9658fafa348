import type { ListenerStatus, SidecarProblem, SidecarStatus } from '@gprxy/sidecar';
import { printable } from '../../printable.ts';
import { relativeTime } from '../../time-left.ts';
import { tableLines } from './table-lines.ts';

/** What people see of a running sidecar, line by line, with a table only where `width` columns have room for it. */
export function statusText(status: SidecarStatus, nowMs: number, width?: number): readonly string[] {
  const { pid, startedAt, state, health, listeners, problems } = status;
  const headings = ['PROFILE', 'ADDRESS', 'STATE', 'OPEN', 'SPARE', 'TOTAL', 'TOKEN'];
  const since = relativeTime(Date.parse(startedAt), nowMs);
  const rows = listeners.map((listener) => rowOf(listener, nowMs));
  return [
    `gprxy runs as process ${pid}, started ${since}${state === 'running' ? '' : `, and is ${state}`}`,
    '',
    ...tableLines(headings, rows, width),
    ...(health === undefined ? [] : ['', `Health and metrics: http://${health}/readiness, http://${health}/metrics`]),
    ...listeners.flatMap(openToAll),
    ...listeners.flatMap((listener) => lastErrorOf(listener, problems, nowMs)),
    ...problems.flatMap(problemOf),
  ];
}

function rowOf(listener: ListenerStatus, nowMs: number): readonly string[] {
  const { profile, address, state, connections, spares, totalConnections, tokenExpiresAt } = listener;
  const counts = [String(connections), spares === undefined ? '-' : String(spares.waiting), String(totalConnections)];
  return [profile, address, state, ...counts, tokenState(tokenExpiresAt, nowMs)];
}

/** Only where it was written: it is no default. */
function openToAll({ profile, address, localAuth, state }: ListenerStatus): readonly string[] {
  if (localAuth !== 'trust' || state === 'failed') return [];
  const warning = `Warning: every user of this machine can connect to ${address} as you (local_auth = "trust").`;
  return ['', warning, `  Set local_auth = "same-user" or "password" for profile "${profile}".`];
}

function tokenState(tokenExpiresAt: string | undefined, nowMs: number): string {
  if (tokenExpiresAt === undefined) return 'not used yet';
  const expiresAt = Date.parse(tokenExpiresAt);
  return `${expiresAt > nowMs ? 'expires' : 'expired'} ${relativeTime(expiresAt, nowMs)}`;
}

/** Unless it is among the problems anyway. */
function lastErrorOf({ profile, lastError }: ListenerStatus, problems: readonly SidecarProblem[], nowMs: number) {
  if (lastError === undefined || problems.some(({ message }) => message === lastError.message)) return [];
  const when = relativeTime(Date.parse(lastError.at), nowMs);
  const { code, message, hint } = lastError;
  const lines = [`Last error of profile "${profile}", ${when}: ${code} ${printable(message)}`];
  return ['', ...lines, ...(hint === undefined ? [] : [`  ${printable(hint)}`])];
}

function problemOf({ profile, message, hint }: SidecarProblem): readonly string[] {
  const where = profile === undefined ? '' : ` with profile "${profile}"`;
  return ['', `Problem${where}: ${printable(message)}`, ...(hint === undefined ? [] : [`  ${printable(hint)}`])];
}
