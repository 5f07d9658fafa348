import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createCertificateAuthority, has } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SignedIn, startSignedIn } from './signed-in-shell.testing.ts';

const REFUSED = /no verified TLS connection to localhost:\d+: .*(self-signed|unable to get local issuer)/;
const ASKS = "gprxy psql -- -Atc 'select session_user'";

describe.runIf(has.psql)('sslrootcert=system', { timeout: 60_000 }, () => {
  let signedIn: SignedIn;
  let strangers: string;
  beforeAll(async () => {
    signedIn = await startSignedIn({ sslrootcert: 'system' });
    strangers = join(signedIn.shell.home, 'strangers.pem');
    await writeFile(strangers, (await createCertificateAuthority('somebody else')).certPem);
  }, 60_000);
  afterAll(() => signedIn?.[Symbol.asyncDispose]());

  it.each(['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])('trusts whom %s adds, in a process of its own', async (name) => {
    const { shell, postgres } = signedIn;
    expect(await shell.run(ASKS, { [name]: postgres.caFile })).toMatchObject({
      ...{ exitCode: 0, stdout: 'alice@corp.example\n' },
    });
  });

  it('S14 trusts nobody else: not without them, nor with those of somebody else', async () => {
    const { shell } = signedIn;
    for (const env of [{}, { SSL_CERT_FILE: strangers }, { NODE_EXTRA_CA_CERTS: strangers }]) {
      const { exitCode, stderr } = await shell.run(ASKS, env);
      expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(REFUSED) });
    }
  });

  it('says that SSL_CERT_FILE cannot be read', async () => {
    const { exitCode, stderr } = await signedIn.shell.run(ASKS, { SSL_CERT_FILE: '/nowhere/ca.pem' });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('SSL_CERT_FILE "/nowhere/ca.pem" cannot be read (ENOENT)');
  });

  it('is what libpq makes of it', async () => {
    const { postgres, shell } = signedIn;
    const token = (await shell.run('gprxy get-token')).stdout.trim();
    const libpq = (sslmode: string, certFile: string) => {
      const who = {
        PGUSER: 'alice@corp.example',
        PGPASSWORD: token,
        PGHOST: 'localhost',
        PGPORT: String(postgres.port),
      };
      const tls = { PGSSLROOTCERT: 'system', ...(sslmode && { PGSSLMODE: sslmode }), SSL_CERT_FILE: certFile };
      const env = { ...process.env, LD_LIBRARY_PATH: postgres.libraryDirectory, ...who, ...tls };
      return promisify(execFile)('psql', ['-XAtc', 'select 1', 'sales'], { env }).then(
        ({ stdout }) => stdout.trim(),
        ({ stderr }) => stderr,
      );
    };
    expect(await libpq('', postgres.caFile)).toBe('1');
    expect(await libpq('', strangers)).toContain('certificate verify failed');
    for (const sslmode of ['require', 'verify-ca']) {
      expect(await libpq(sslmode, postgres.caFile)).toContain(
        `weak sslmode "${sslmode}" may not be used with sslrootcert=system`,
      );
      const upstream = `postgresql://localhost:1?sslrootcert=system&sslmode=${sslmode}`;
      const { exitCode, stderr } = await shell.run(
        `gprxy profiles add weak --issuer https://x.example --client-id x --upstream ${upstream}`,
      );
      expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining('sslrootcert') });
    }
  });
});
