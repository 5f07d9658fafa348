import { createPrivateKey } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createCertificateAuthority,
  type IssuedCertificate,
  startPostgres,
  type TemporaryDirectory,
  type TestPostgres,
  temporaryDirectory,
} from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTo } from './node-postgres.testing.ts';
import { startTestSidecar, tokensOf } from './sidecar.testing.ts';

const TOKEN = 'as good as any';
const HBA = `
hostssl all postgres 127.0.0.1/32 scram-sha-256
hostssl vault all 127.0.0.1/32 cert
hostssl all alice@corp.example 127.0.0.1/32 password clientcert=verify-full
`;

let postgres: TestPostgres;
let directory: TemporaryDirectory;
let own: IssuedCertificate;
beforeAll(async () => {
  directory = await temporaryDirectory();
  postgres = await startPostgres({ version: 18, database: 'sales', hba: HBA });
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${TOKEN}'`);
  own = await postgres.authority.issue({ commonName: 'alice@corp.example', client: true });
});
afterAll(async () => {
  await postgres.stop();
  await directory.remove();
});

let files = 0;
async function write(text: string, mode = 0o600): Promise<string> {
  const path = join(directory.path, `file-${files++}`);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

/** A sidecar whose upstream asks for a certificate besides the token. */
async function serve(certificate: { cert?: string; key?: string }, more = '', token = TOKEN) {
  const { cert, key } = certificate;
  const both = cert === undefined ? '' : `&sslcert=${cert}&sslkey=${key}`;
  const upstream = `postgresql://localhost:${postgres.port}/sales?sslrootcert=${postgres.caFile}${both}${more}`;
  return startTestSidecar({ upstream }, { tokens: tokensOf(token) });
}

/** What a client is told, or what the log says where there is nobody to tell. */
async function whatIsWrong(certificate: { cert?: string; key?: string }) {
  const { port, log } = await serve(certificate);
  if (port === 0) return log.filter(({ level }) => level === 'error' || level === 'warn');
  return connectTo(port).then(
    () => 'was let in',
    (error) => error,
  );
}

describe('an upstream that asks for a client certificate', () => {
  it.each(['', '&sslnegotiation=direct'])('gets it, and the token too %s', async (negotiation) => {
    const { port } = await serve({ cert: await write(own.certPem, 0o644), key: await write(own.keyPem) }, negotiation);
    const { rows } = await (await connectTo(port)).query(
      'SELECT session_user AS who, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    expect(rows).toEqual([{ who: 'alice@corp.example', client_dn: '/CN=alice@corp.example' }]);
  });

  it('and for nothing else (method "cert"), gets no token', async () => {
    await postgres.query('CREATE DATABASE vault');
    const files = { cert: await write(own.certPem), key: await write(own.keyPem) };
    const { port } = await serve(files, '', 'no password of anybody');
    const { rows } = await (await connectTo(port, { database: 'vault' })).query(
      'SELECT session_user AS who, system_user AS how',
    );
    expect(rows).toEqual([{ who: 'alice@corp.example', how: 'cert:CN=alice@corp.example' }]);
    const { port: without } = await serve({});
    await expect(connectTo(without, { database: 'vault' })).rejects.toMatchObject({ code: '28000' });
  });

  it('refuses who has none, in its own words', async () => {
    expect(await whatIsWrong({})).toMatchObject({
      code: '28000',
      message: 'connection requires a valid client certificate',
      hint: expect.stringMatching(/\w/),
    });
  });

  it('refuses the certificate of somebody else, and one of another authority', async () => {
    const bobs = await postgres.authority.issue({ commonName: 'bob', client: true });
    const foreign = await (await createCertificateAuthority()).issue({
      commonName: 'alice@corp.example',
      client: true,
    });
    for (const { certPem, keyPem } of [bobs, foreign]) {
      const told = await whatIsWrong({ cert: await write(certPem), key: await write(keyPem) });
      expect(told).toMatchObject({
        code: expect.stringMatching(/^(28000|28P01|08006|08001)$/),
        hint: expect.stringMatching(/\w/),
      });
    }
  });

  it('is not dialled with a key that others can read: libpq refuses it as well', async () => {
    for (const mode of [0o644, 0o660, 0o602]) {
      const told = await whatIsWrong({ cert: await write(own.certPem), key: await write(own.keyPem, mode) });
      expect(JSON.stringify(told)).toMatch(/is open to other users/);
      expect(JSON.stringify(told)).toContain('chmod 600');
    }
  });

  it('is not dialled with an encrypted key, and the passphrase is asked of nobody', async () => {
    const key = createPrivateKey(own.keyPem).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'of the test',
    });
    const told = await whatIsWrong({ cert: await write(own.certPem), key: await write(String(key)) });
    expect(JSON.stringify(told)).toContain('passphrase');
  });

  it('is not dialled with the key of another certificate', async () => {
    const { keyPem } = await postgres.authority.issue({ commonName: 'alice@corp.example', client: true });
    const told = await whatIsWrong({ cert: await write(own.certPem), key: await write(keyPem) });
    expect(JSON.stringify(told)).toContain('sslkey the key of sslcert');
  });
});
