import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { programs } from './installed-programs.ts';
import { leash } from './janitor.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Runs inside a session bus of its own, with python-dbusmock as the desktop's notification server; ends with its standard input. */
const SESSION = `
"$PYTHON" -m dbusmock --session --template notification_daemon -l "$LOG" >/dev/null 2>&1 &
server=$!
gdbus wait --session --timeout 20 org.freedesktop.Notifications || exit 1
echo "$DBUS_SESSION_BUS_ADDRESS"
cat >/dev/null
kill $server
`;

/** A desktop that shows notifications to nobody, and remembers them. */
export interface NotificationDesktop extends AsyncDisposable {
  /** The environment of a program that runs on it. */
  readonly env: Readonly<Record<string, string>>;
  /** What was shown so far, oldest first: the arguments of org.freedesktop.Notifications.Notify. */
  shown(): Promise<string[]>;
}

/** Needs what `has.notifications` says. */
export async function startNotificationDesktop(): Promise<NotificationDesktop> {
  const home = await temporaryDirectory({ prefix: 'gprxy-desktop-' });
  const log = join(home.path, 'calls.log');
  const session = { PATH: process.env.PATH ?? '', HOME: home.path, XDG_RUNTIME_DIR: home.path, LC_ALL: 'C.UTF-8' };
  const child = leash(
    spawn('dbus-run-session', ['--', 'sh', '-c', SESSION], {
      env: { ...session, LOG: log, PYTHON: programs.python },
      stdio: ['pipe', 'pipe', 'ignore'],
    }),
  );
  const exited = once(child, 'exit');
  const [address] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => Promise.reject(new Error('the session bus or its notification server did not start'))),
  ]);
  return {
    env: { DBUS_SESSION_BUS_ADDRESS: String(address), DISPLAY: ':99' },
    shown: async () => {
      const text = await readFile(log, 'utf8').catch(() => '');
      return [...text.matchAll(/^\S+ Notify (.*)$/gm)].map(([, call = '']) => call);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
      await home.remove();
    },
  };
}
