import { expect, it } from 'vitest';
import { backendTarget } from './backend-target.ts';
import { failed } from './commands/check/row.ts';
import { CONFIG_TEXT, configOf } from './config.testing.ts';
import { ExitCode } from './exit-code.ts';

const sales = configOf(CONFIG_TEXT).databases.get('sales') as Parameters<typeof backendTarget>[0];

it('a file without a certificate is no authority to trust: no server would be good enough for it', () => {
  expect(() => backendTarget(sales, () => '-----BEGIN PRIVATE KEY-----\nsecret\n')).toThrow(
    expect.objectContaining({
      message: 'sslrootcert "/etc/gprxy/ca.crt" has no certificate in it',
      hint: expect.stringContaining('BEGIN CERTIFICATE'),
    }),
  );
});

it('takes the authorities as they are in the file', () => {
  const pem = '# ours\n-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
  expect(backendTarget(sales, () => pem).tls).toMatchObject({ ca: pem });
});

it('a row of check tells a file that is not there in words, with what to do', () => {
  const cause = { code: 'ENOENT', syscall: 'open', path: '/etc/gprxy/gw.crt' };
  const error = Object.assign(new Error("ENOENT: no such file or directory, open '/etc/gprxy/gw.crt'"), cause);
  expect(failed('sales', error, ExitCode.Configuration)).toMatchObject({
    message: '/etc/gprxy/gw.crt cannot be read (ENOENT)',
    hint: expect.stringContaining('relative to the file'),
  });
});
