import type { SidecarStatus } from '@gprxy/sidecar';
import type { Dependencies } from '../../dependencies.ts';
import type { Environment } from '../../terminal.ts';

export type Phase = 'ready' | 'reloading' | 'stopping';

/**
 * Tells systemd how far the daemon is, in its words and in those that `systemctl status` shows, and that it is alive, where that wants to know
 * (sd_notify(3): NOTIFY_SOCKET, WATCHDOG_USEC). The socket is one for datagrams, which Node does not have; systemd's own program sends them, one
 * after the other.
 */
export function supervisorNotices(
  { env, runProgram }: Pick<Dependencies, 'env' | 'runProgram'>,
  pid: number,
): (phase: Phase, status: SidecarStatus | undefined) => void {
  if (!env.NOTIFY_SOCKET) return () => {};
  let last: Promise<unknown> = Promise.resolve();
  const tell = (...args: readonly string[]) => {
    last = last.then(() => runProgram({ command: 'systemd-notify', args, env, quiet: true })).catch(() => {});
  };
  let everyMs = watchdogMs(env, pid);
  return (phase, status) => {
    tell(...messages[phase](), `STATUS=${inWords(phase, status)}`);
    // Only who listens is waited for; twice as often as asked for, as sd_watchdog_enabled(3) advises.
    if (phase !== 'ready' || everyMs === undefined) return;
    setInterval(() => tell('WATCHDOG=1'), everyMs / 2).unref();
    everyMs = undefined;
  };
}

const messages: Record<Phase, () => readonly string[]> = {
  ready: () => ['READY=1'],
  reloading: () => ['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`],
  stopping: () => ['STOPPING=1'],
};

/** Undefined: nobody waits for a sign of life, or not from this process. */
function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: Environment, pid: number): number | undefined {
  if (!/^\d{1,12}$/.test(WATCHDOG_USEC ?? '') || (WATCHDOG_PID && WATCHDOG_PID !== String(pid))) return undefined;
  return Number(WATCHDOG_USEC) / 1_000;
}

function inWords(phase: Phase, { listeners = [], problems = [] }: Partial<SidecarStatus> = {}): string {
  if (phase === 'reloading') return 'Reading the configuration again';
  const connections = listeners.reduce((sum, each) => sum + each.connections, 0);
  if (phase === 'stopping') return `Stopping: waits for connections that are left (${connections})`;
  const addresses = listeners.filter(({ state }) => state === 'listening').map(({ address }) => address);
  const trouble = problems.length === 0 ? '' : '; something is not as configured: "gprxy status" says what';
  return `Listening on ${addresses.join(', ')}${trouble}`;
}
