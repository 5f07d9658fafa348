import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileStore } from '@gprxy/credentials';
import { alice, type Program, type Stack, spawnProgram, userClaims } from '@gprxy/testkit';

/** The command as `tsc -b` has built it. */
const GPRXY = fileURLToPath(new URL('../../packages/cli/bin/gprxy.cjs', import.meta.url));
const PROFILE = 'demo';
const TOKEN_LIFETIME_SECONDS = 3_600;

export interface Sidecar {
  readonly port: number;
  /** The "host" of its Unix socket. */
  readonly socketDirectory: string;
  readonly accessToken: string;
  readonly program: Program;
}

/** A running `gprxy start` of alice, who has signed in before. `claims` are added to what her token says. */
export async function startSidecar(stack: Stack, claims: Readonly<Record<string, unknown>>): Promise<Sidecar> {
  const state = join(stack.directory, 'gprxy');
  const configFile = join(stack.directory, 'config.toml');
  await mkdir(join(state, 'store-choice'), { recursive: true, mode: 0o700 });
  await writeFile(join(state, 'store-choice', `${PROFILE}.json`), '{ "version": 1, "store": "file" }');
  const profile = stack
    .profile({ name: PROFILE, listen: 'unix' })
    .replace('listen = "unix"', 'listen = ["127.0.0.1:0", "unix"]')
    // Hundreds of logins at once take their time on a busy machine.
    .replace('?sslrootcert', '?connect_timeout=60&sslrootcert');
  await writeFile(configFile, `${profile}max_connections = 500\n`);
  const accessToken = await keepLogin(stack, join(state, 'logins'), claims);
  const env = { PATH: process.env.PATH, GPRXY_CONFIG: configFile, GPRXY_STATE_DIR: state };
  const program = spawnProgram({ command: process.execPath, args: [GPRXY, 'start'], env });
  const [, port] = await program.waitForLine(/Listening on 127\.0\.0\.1:(\d+)/);
  const [socketDirectory] = await program.waitForLine(/\/\S+(?=\/\.s\.PGSQL\.5432)/);
  return { port: Number(port), socketDirectory, accessToken, program };
}

/** What `gprxy login --insecure-storage` leaves behind; returns the access token. */
async function keepLogin(
  { provider }: Stack,
  directory: string,
  more: Readonly<Record<string, unknown>>,
): Promise<string> {
  const expiresAt = Math.floor(Date.now() / 1_000) + TOKEN_LIFETIME_SECONDS;
  const claims = { ...userClaims(alice), ...more, exp: expiresAt };
  const accessToken = await provider.signToken(claims);
  await createFileStore({ directory }).write(PROFILE, {
    version: 1,
    issuer: provider.issuer,
    clientId: provider.clientId,
    subject: alice.login,
    email: alice.email,
    accessToken,
    expiresAt: expiresAt * 1_000,
    claims,
  });
  return accessToken;
}
