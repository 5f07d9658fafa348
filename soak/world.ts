import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alice, bob, freePort, type Stack, startStack, type TestUser } from '@gprxy/testkit';
import { type InstalledGprxy, installGprxy, Shell } from '../test/gprxy-shell.testing.ts';
import { createGuest, guestProfiles } from './guests.ts';
import { measurable } from './measure.ts';

/** Somebody with a row of her own, as her clients see the world. */
export interface Person {
  readonly email: string;
  /** Of her listener. */
  readonly port: number;
  /** Rows of `ledger` that are hers. Nobody else's may be seen. */
  readonly rows: number;
}

/** PostgreSQL, provider, gateway, and one sidecar for two people who have signed in. */
export interface World extends AsyncDisposable {
  readonly stack: Stack;
  readonly shell: Shell;
  readonly people: readonly Person[];
  readonly sidecarPid: number;
  /** Where the sidecar tells how it is, and where the gateway does. */
  readonly healthPort: number;
  readonly adminPort: number;
  /** Where the processes put the sockets by which they are measured. */
  readonly probes: string;
  /** Client backends of people at this moment. */
  backends(): Promise<number>;
  /** Of the sidecar's profile with this name. */
  portOf(profile: string): Promise<number>;
  /** Of the sidecar at this moment: sessions of clients, and those that wait for one. */
  sessions(): Promise<{ connections: number; spares: number }>;
}

export interface WorldOptions {
  readonly accessTokenTtlSeconds: number;
  /** Of the shell: another state directory, say. */
  readonly env?: Readonly<Record<string, string>>;
}

const LEDGER = `
create table ledger (owner text not null, n int not null, note text not null);
alter table ledger enable row level security;
create policy own on ledger using (owner = session_user);
grant select on ledger to gprxy_users;
grant temporary on database sales to gprxy_users;
`;
const ROWS = new Map([
  [alice, 200],
  [bob, 300],
]);

export async function startWorld({ accessTokenTtlSeconds, env = {} }: WorldOptions): Promise<World> {
  const gprxy = await installGprxy();
  const shell = await Shell.open(gprxy, env);
  const probes = join(shell.home, 'probes');
  await mkdir(probes, { mode: 0o700 });
  const [healthPort, adminPort] = [await freePort(), await freePort()];
  const stack = await startStack({
    provider: { accessTokenTtlSeconds },
    gatewayTail: `[admin]\nlisten = "127.0.0.1:${adminPort}"\n`,
    gatewayEnv: measurable(probes),
    // Or a backend that sleeps would not notice that its gateway was killed.
    configuration: { client_connection_check_interval: '1s' },
  });
  await stack.postgres.query(LEDGER);
  for (const [{ email }, rows] of ROWS)
    await stack.postgres.query(`insert into ledger select $1, n, repeat('x', 100) from generate_series(1, $2) n`, [
      email,
      rows,
    ]);
  await createGuest(shell, stack);
  await writeConfiguration(shell, stack, { healthPort });
  for (const person of ROWS.keys()) await signIn(person, shell, stack);
  const started = await shell.run('gprxy start --detach', measurable(probes));
  if (started.exitCode !== 0) throw new Error(started.stderr);
  const { pid, listeners } = await statusOf(shell);
  const people = [...ROWS].map(([{ login, email }, rows]) => ({ email, rows, port: portOf(login, listeners) }));
  return {
    ...{ stack, shell, people, probes, healthPort, adminPort },
    portOf: async (profile) => portOf(profile, (await statusOf(shell)).listeners),
    ...countsOf(shell, stack),
    sidecarPid: pid,
    ...ending({ gprxy, shell, stack }),
  };
}

export interface Settings {
  readonly healthPort: number;
  /** With another one than before, a reload has something to do for everybody. */
  readonly drainTimeoutSeconds?: number;
  readonly guests?: boolean;
}

export async function writeConfiguration(shell: Shell, stack: Stack, settings: Settings): Promise<void> {
  const { healthPort, drainTimeoutSeconds = 10, guests = false } = settings;
  const directory = join(shell.home, 'config', 'gprxy');
  await mkdir(directory, { recursive: true });
  const profiles = [...ROWS.keys()].map(
    ({ login }) =>
      `${stack.profile({ name: login, listen: '127.0.0.1:0' }).replace('?', '?connect_timeout=30&')}max_connections = 500\ndrain_timeout = "${drainTimeoutSeconds}s"\n`,
  );
  const tables = [...profiles, ...(guests ? guestProfiles(shell, stack) : [])];
  const text = [`[sidecar]\nhealth = "127.0.0.1:${healthPort}"\n`, ...tables].join('\n');
  await writeFile(join(directory, 'config.toml'), text, { mode: 0o600 });
}

async function signIn({ login }: TestUser, shell: Shell, { provider }: Stack): Promise<void> {
  const signingIn = shell.start(`gprxy login --insecure-storage --device --profile ${login}`);
  const [, uri = ''] = await signingIn.says(/With the code filled in: (\S+)/);
  await provider.approve(uri, login);
  const { exitCode, stderr } = await signingIn.ended;
  if (exitCode !== 0) throw new Error(stderr);
}

interface Status {
  readonly pid: number;
  readonly listeners: ReadonlyArray<{
    readonly profile: string;
    readonly address: string;
    readonly connections: number;
    readonly spares?: { readonly waiting: number };
  }>;
}

const statusOf = async (shell: Shell): Promise<Status> => JSON.parse((await shell.run('gprxy status --json')).stdout);

function portOf(name: string, listeners: Status['listeners']): number {
  const address = listeners.find(({ profile }) => profile === name)?.address ?? '';
  return Number(/:(\d+)$/.exec(address)?.[1]);
}

function countsOf(shell: Shell, { postgres }: Stack): Pick<World, 'backends' | 'sessions'> {
  return {
    backends: async () => {
      const sql = `select count(*)::int as n from pg_stat_activity where usename like '%@%'`;
      return (await postgres.query(sql))[0]?.n;
    },
    sessions: async () => {
      const { listeners } = await statusOf(shell);
      return {
        connections: sum(listeners.map(({ connections }) => connections)),
        spares: sum(listeners.map(({ spares }) => spares?.waiting ?? 0)),
      };
    },
  };
}

const sum = (counts: readonly number[]): number => counts.reduce((all, each) => all + each, 0);

function ending({ gprxy, shell, stack }: { gprxy: InstalledGprxy; shell: Shell; stack: Stack }): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await shell[Symbol.asyncDispose]();
      await stack.stop();
      await gprxy[Symbol.asyncDispose]();
    },
  };
}
