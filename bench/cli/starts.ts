import { existsSync } from 'node:fs';
import { has, startKeyring, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { type InstalledGprxy, Shell } from '../../test/gprxy-shell.testing.ts';
import type { Start } from './start.ts';

const UPSTREAM = 'postgresql://gateway.corp.example:6432/sales';
/** What companies set where a proxy of their own opens TLS: Node reads all of it before it does anything. */
const DEBIAN_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

export interface Starts extends AsyncDisposable {
  readonly starts: readonly Start[];
  readonly env: Readonly<Record<string, string>>;
  /** Title -> what is set in addition. */
  readonly surroundings: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** gprxy as npm installs it, by a person who signed in: once with a file as the store and, where there is one, once with the keyring. */
export async function signedInStarts(gprxy: InstalledGprxy): Promise<Starts> {
  await using provider = await startOidcProvider();
  const opened: AsyncDisposable[] = [];
  const open = async (env?: Readonly<Record<string, string>>): Promise<Shell> => {
    const shell = await Shell.open(gprxy, env);
    opened.unshift(shell);
    return shell;
  };
  const shell = await open();
  await signIn(shell, provider, '--insecure-storage');
  const command = (name: string, does: string, args: readonly string[]): Start => {
    return { name, does, command: process.execPath, args: [gprxy.bin, ...args] };
  };
  const starts = [
    command('--version', 'prints the version', ['--version']),
    command('help', 'prints the help', ['help']),
    command('get-token', 'prints the token that is in the file store', ['get-token']),
    command('dsn', 'reads the configuration and asks for a sidecar', ['dsn', 'sales']),
    { ...command('status', 'asks for a sidecar', ['status']), exitCode: 1 },
  ];
  if (has.keyring) {
    const keyring = await startKeyring();
    opened.unshift(keyring);
    const keyed = await open(keyring.env);
    await signIn(keyed, provider);
    const does = 'prints the token that is in gnome-keyring';
    starts.splice(3, 0, { ...command('get-token, keyring', does, ['get-token']), env: keyed.env });
  }
  return {
    starts,
    env: shell.env,
    surroundings: {
      'a start': {},
      ...(existsSync(DEBIAN_CERTIFICATES) && {
        'with NODE_EXTRA_CA_CERTS': { NODE_EXTRA_CA_CERTS: DEBIAN_CERTIFICATES },
      }),
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one[Symbol.asyncDispose]();
    },
  };
}

async function signIn(shell: Shell, provider: TestProvider, ...options: readonly string[]): Promise<void> {
  const profile = ['--issuer', provider.issuer, '--client-id', 'gprxy-cli', '--upstream', UPSTREAM, ...options];
  const login = shell.start(`gprxy login ${profile.join(' ')}`);
  await provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
  const { exitCode, stderr } = await login.ended;
  if (exitCode !== 0) throw new Error(`gprxy login ended with ${exitCode}: ${stderr}`);
}
