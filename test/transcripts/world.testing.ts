import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  alice,
  bob,
  mallory,
  type OidcProviderOptions,
  type Stack,
  startStack,
  type TemporaryDirectory,
  temporaryDirectory,
} from '@gprxy/testkit';
import { type GlobalInstallation, installGlobally } from './install-globally.testing.ts';
import { runLine } from './run-line.testing.ts';

export const people = { alice, bob, mallory };
export type PersonName = keyof typeof people;

/** What all scenes have in common: gprxy as npm installs it, and servers that are real. */
export interface World extends AsyncDisposable {
  readonly stack: Stack;
  readonly bin: string;
  /** Of gprxy. */
  readonly version: string;
  /** Where a home has the login of that person, as `gprxy login` has left it. */
  stateOf(person: PersonName): Promise<string>;
}

export async function startWorld(provider: OidcProviderOptions = {}): Promise<World> {
  const [stack, installation] = await Promise.all([
    startStack({ provider: { accessTokenTtlSeconds: 3_600, rotateRefreshToken: false, ...provider } }),
    installGlobally(),
  ]);
  const homes = new Map<PersonName, Promise<TemporaryDirectory>>();
  const signedIn = (person: PersonName) => {
    const home = homes.get(person) ?? signIn(person, stack, installation);
    homes.set(person, home);
    return home;
  };
  return {
    stack,
    bin: installation.bin,
    version: installation.version,
    stateOf: async (person) => join((await signedIn(person)).path, STATE),
    [Symbol.asyncDispose]: async () => {
      for (const home of homes.values()) await (await home).remove();
      await Promise.all([stack.stop(), installation[Symbol.asyncDispose]()]);
    },
  };
}

/** Below a home. */
export const STATE = '.local/state/gprxy';
export const CONFIG = '.config/gprxy/config.toml';

export function profileText(stack: Stack): string {
  const text = stack.profile({ name: 'prod', listen: '127.0.0.1:0' });
  return text.replace(`localhost:${stack.gateway.port}?`, `localhost:${stack.gateway.port}/sales?`);
}

/** The environment of somebody who has just got this machine: no keychain, no settings. */
export function environmentOf(home: string, { bin }: Pick<World, 'bin'>): Record<string, string> {
  return {
    PATH: [bin, process.env.PATH].join(':'),
    HOME: home,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    // Without an address libsecret would start a session bus of its own.
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
  };
}

export async function writeConfig(home: string, text: string): Promise<void> {
  await mkdir(join(home, '.config/gprxy'), { recursive: true });
  await writeFile(join(home, CONFIG), text);
}

/** A login takes a second or two, so scenes take a copy of one. */
async function signIn(person: PersonName, stack: Stack, installation: GlobalInstallation): Promise<TemporaryDirectory> {
  const home = await temporaryDirectory({ prefix: 'gt-' });
  await writeConfig(home.path, profileText(stack));
  const login = await runLine('gprxy login --insecure-storage', {
    env: environmentOf(home.path, installation),
    cwd: home.path,
    onPrompt: (uri) => stack.provider.approve(uri, person),
  });
  if (login.exitCode !== 0) throw new Error(`${person} cannot sign in:\n${login.stderr}`);
  return home;
}

export async function copyState(from: string, home: string): Promise<void> {
  for (const part of ['logins', 'store-choice'])
    await cp(join(from, part), join(home, STATE, part), { recursive: true });
}
