import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CredentialSettings, createTokenSource, type SecretPlace } from '@gprxy/credentials';
import { startPostgres, type TestPostgres, temporaryDirectory } from '@gprxy/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connectTo } from './node-postgres.testing.ts';
import { startTestSidecar } from './sidecar.testing.ts';

const PASSWORD = 'correct horse "battery" stäple';
const HBA = `
hostssl all postgres 127.0.0.1/32 scram-sha-256
host all app_reader 127.0.0.1/32 scram-sha-256
host all old_app 127.0.0.1/32 md5
host all plain_app 127.0.0.1/32 password
`;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ version: 17, database: 'sales', hba: HBA });
  await postgres.query(`CREATE ROLE app_reader LOGIN PASSWORD '${PASSWORD}'`);
  await postgres.query(`CREATE ROLE plain_app LOGIN PASSWORD '${PASSWORD}'`);
  await postgres.query(`SET password_encryption = md5; CREATE ROLE old_app LOGIN PASSWORD '${PASSWORD}'`);
});
afterAll(() => postgres.stop());

async function passwordFile(text: string): Promise<string> {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const path = join(directory.path, 'password');
  await writeFile(path, text);
  await chmod(path, 0o600);
  return path;
}

/** A sidecar whose profile has the password of `user` where `place` says. */
async function serve(place: SecretPlace, { user = 'app_reader', tls = 'verified', env = {} } = {}) {
  const credential: Exclude<CredentialSettings, { kind: 'oidc' }> = { kind: 'password', password: place };
  const tokens = createTokenSource({
    credential,
    upstream: { host: 'localhost', port: postgres.port, user },
    deps: {
      ...{ env: { PATH: process.env.PATH, ...env }, profile: 'prod', now: Date.now, log: () => {} },
      ...{ fetch, lockDirectory: '/nowhere' },
    },
  });
  const trust = tls === 'verified' ? `sslrootcert=${postgres.caFile}` : `sslmode=${tls}`;
  const upstream = `postgresql://localhost:${postgres.port}?${trust}&connect_timeout=5`;
  return startTestSidecar({ upstream, user, credential }, { tokens });
}

const refusalOf = (port: number): Promise<pg.DatabaseError> =>
  connectTo(port).then(
    () => Promise.reject(new Error('was let in')),
    (error) => error,
  );

const whoIs = async (port: number) => {
  const client = await connectTo(port);
  const { rows } = await client.query('SELECT session_user AS who, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
  return rows[0];
};

const inFile = async (text = PASSWORD): Promise<SecretPlace> => ({ kind: 'file', path: await passwordFile(text) });

describe('a password of PostgreSQL’s own, behind the sidecar', () => {
  it('is proved by SCRAM, from a file that is read anew for each connection', async () => {
    const place = await inFile(`${PASSWORD}\n`);
    const { port } = await serve(place);
    expect(await whoIs(port)).toEqual({ who: 'app_reader', ssl: true });
    await writeFile(place.kind === 'file' ? place.path : '', 'rotated away');
    expect(await refusalOf(port)).toMatchObject({ code: '28P01' });
    await writeFile(place.kind === 'file' ? place.path : '', PASSWORD);
    expect(await whoIs(port)).toEqual({ who: 'app_reader', ssl: true });
  });

  it('comes from a variable', async () => {
    const { port } = await serve({ kind: 'env', variable: 'DB_PASSWORD' }, { env: { DB_PASSWORD: PASSWORD } });
    expect(await whoIs(port)).toMatchObject({ who: 'app_reader' });
  });

  it('comes from a command', async () => {
    const argv = [process.execPath, '-e', 'console.log(process.env.PW)'] as const;
    const { port } = await serve({ kind: 'command', command: { argv, timeoutMs: 20_000 } }, { env: { PW: PASSWORD } });
    expect(await whoIs(port)).toMatchObject({ who: 'app_reader' });
  });

  it('is proved without TLS as well where the profile says so, which is warned of', async () => {
    const { port, log } = await serve(await inFile(), { tls: 'disable' });
    expect(await whoIs(port)).toEqual({ who: 'app_reader', ssl: false });
    expect(log).toContainEqual(expect.objectContaining({ level: 'warn', sslmode: 'disable' }));
  });

  it('is told to a server that TLS has shown to be the right one', async () => {
    const { port } = await serve(await inFile(), { user: 'plain_app' });
    expect(await whoIs(port)).toMatchObject({ who: 'plain_app' });
  });
});

describe('S14 a password that would be told to anybody stays here', () => {
  it.each([
    ['in clear without TLS', 'plain_app', 'disable', /CleartextPassword authentication, which is refused/],
    [
      'in clear over TLS that nothing verifies',
      'plain_app',
      'require',
      /CleartextPassword authentication, which is refused/,
    ],
    ['as MD5, which is as good as in clear', 'old_app', 'verified', /MD5Password authentication, which is refused/],
  ])('%s', async (_, user, tls, message) => {
    const { port } = await serve(await inFile(), { user, tls });
    expect(await refusalOf(port)).toMatchObject({ code: '28000', message: expect.stringMatching(message) });
  });
});

describe('S18 a password that is wrong, or missing', () => {
  it('is refused in the words of the server, with where to look and never a login', async () => {
    const place = await inFile('canary-wrong-password');
    const { port, log, sidecar } = await serve(place);
    const error = await refusalOf(port);
    expect(error).toMatchObject({
      code: '28P01',
      message: 'password authentication failed for user "app_reader"',
      routine: 'auth_failed',
      hint: `Check the password in ${place.kind === 'file' ? place.path : ''} and user = "app_reader" of profile "prod".`,
    });
    expect(JSON.stringify([error, log, sidecar.status()])).not.toContain('canary');
  });

  it('is told before anything is dialled', async () => {
    const { port, log } = await serve({ kind: 'env', variable: 'DB_PASSWORD' });
    expect(await refusalOf(port)).toMatchObject({
      code: '28000',
      message: 'the environment variable DB_PASSWORD is not set',
      hint: expect.stringMatching(/a daemon has the environment that "gprxy start" had/),
    });
    expect(JSON.stringify(log)).not.toContain(PASSWORD);
  });

  it('does not expire, and the status does not say that it does', async () => {
    const { port, sidecar } = await serve(await inFile());
    await connectTo(port);
    expect(sidecar.status().listeners[0]).not.toHaveProperty('tokenExpiresAt');
  });
});
