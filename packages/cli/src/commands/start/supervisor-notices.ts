import type { Dependencies } from '../../dependencies.ts';

const messages = { ready: 'READY=1', reloading: 'RELOADING=1', stopping: 'STOPPING=1' } as const;

/**
 * Tells systemd how far the daemon is, where that wants to know (sd_notify(3): NOTIFY_SOCKET is set). The socket is one for datagrams, which
 * Node does not have; systemd's own program sends them, one after the other.
 */
export function supervisorNotices({ env, runProgram }: Dependencies): (phase: keyof typeof messages) => void {
  if (!env.NOTIFY_SOCKET) return () => {};
  let last: Promise<unknown> = Promise.resolve();
  return (phase) => {
    const program = { command: 'systemd-notify', args: [messages[phase]], env, quiet: true };
    last = last.then(() => runProgram(program)).catch(() => {});
  };
}
