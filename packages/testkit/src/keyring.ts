import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { unlockKeyring } from './keyring-control.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const PASSWORD = 'of a test keyring';

/** Runs inside a session bus of its own; ends when its standard input does, which is at the latest when we do. */
const SESSION = String.raw`
printf %s "$KEYRING_PASSWORD" | gnome-keyring-daemon --unlock --components=secrets --foreground >/dev/null 2>&1 &
daemon=$!
# A call would make the bus start a second daemon, a locked one, before this one has taken its name.
gdbus wait --session --timeout 20 org.freedesktop.secrets
until gdbus introspect --session --only-properties --dest org.freedesktop.secrets \
  --object-path /org/freedesktop/secrets/collection/login 2>/dev/null | grep -q 'Locked = false'
do kill -0 $daemon || exit 1; sleep 0.05; done
echo "$DBUS_SESSION_BUS_ADDRESS"
cat >/dev/null
kill $daemon
`;

/** The keychain of a desktop session: D-Bus and gnome-keyring, as real as on a desktop, with a home of their own. */
export interface Keyring extends AsyncDisposable {
  /** The environment in which a program finds this keychain, and none of the variables of the current session. */
  readonly env: Readonly<Record<string, string>>;
  lock(): Promise<void>;
  unlock(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an unlocked keychain. Needs `dbus-run-session`, `gnome-keyring-daemon` and `gdbus`. */
export async function startKeyring(): Promise<Keyring> {
  const home = await temporaryDirectory({ prefix: 'gprxy-keyring-' });
  const session = { PATH: process.env.PATH ?? '', HOME: home.path, XDG_RUNTIME_DIR: home.path, LC_ALL: 'C.UTF-8' };
  const child = spawn('dbus-run-session', ['--', 'sh', '-c', SESSION], {
    env: { ...session, KEYRING_PASSWORD: PASSWORD },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  const env = { ...session, DBUS_SESSION_BUS_ADDRESS: await firstLine(child.stdout, exited) };
  const stop = async () => {
    child.stdin.end();
    await exited;
    await home.remove();
  };
  const unlock = () => unlockKeyring(join(home.path, 'keyring/control'), PASSWORD);
  return { env, lock: () => lock(env), unlock, stop, [Symbol.asyncDispose]: stop };
}

async function firstLine(output: NodeJS.ReadableStream, exited: Promise<unknown>): Promise<string> {
  const line = once(createInterface({ input: output }), 'line').then(([text]) => text as string);
  const ended = exited.then(() => {
    throw new Error('the session bus or its keyring did not start');
  });
  return Promise.race([line, ended]);
}

async function lock(env: Keyring['env']): Promise<void> {
  const method = 'org.freedesktop.Secret.Service.Lock';
  const collection = '["/org/freedesktop/secrets/collection/login"]';
  const object = ['--dest', 'org.freedesktop.secrets', '--object-path', '/org/freedesktop/secrets'];
  await promisify(execFile)('gdbus', ['call', '--session', ...object, '--method', method, collection], { env });
}
