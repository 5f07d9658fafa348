import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createSecureContext } from 'node:tls';
import { createCertificateAuthority } from '@gprxy/testkit';
import { expect, it } from 'vitest';
import { ConfigError } from './config/config-error.ts';
import { describeFailure } from './describe-failure.ts';

async function failureOf(work: () => unknown): Promise<Error> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}

it('an address that is taken is told with the address, and where the file has it', async () => {
  const first = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => first.once('listening', resolve));
  const { port } = first.address() as { port: number };
  const second = createServer();
  const failed = new Promise<Error>((resolve) => second.once('error', resolve));
  second.listen(port, '127.0.0.1');
  expect(describeFailure(await failed)).toEqual({
    message: `cannot listen on 127.0.0.1:${port}: another program listens there (EADDRINUSE)`,
    hint: expect.stringContaining('"listen" of the file'),
  });
  first.close();
});

it('a file that is not there is told by its name', async () => {
  expect(describeFailure(await failureOf(() => readFileSync('/nowhere/server.crt')))).toEqual({
    message: '/nowhere/server.crt cannot be read (ENOENT)',
    hint: expect.stringContaining('relative to the file'),
  });
});

it('a key of another certificate is told in words, and not by the numbers of OpenSSL', async () => {
  const ca = await createCertificateAuthority();
  const [one, other] = [await ca.issue({ commonName: 'one' }), await ca.issue({ commonName: 'other' })];
  const error = await failureOf(() => createSecureContext({ cert: one.certPem, key: other.keyPem }));
  expect(describeFailure(error)).toEqual({
    message: 'a certificate or a key cannot be used: key values mismatch',
    hint: expect.stringContaining('gprxy-gateway check'),
  });
});

it('a mistake in the file has a next step, its own or the check', () => {
  const path = 'gateway.toml';
  expect(describeFailure(new ConfigError('x', { path })).hint).toContain('"gprxy-gateway check"');
  expect(describeFailure(new ConfigError('x', { path, hint: 'Name it.' })).hint).toBe('Name it.');
});
