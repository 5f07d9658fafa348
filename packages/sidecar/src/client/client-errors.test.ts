import { CredentialError, type CredentialErrorCode, type CredentialSettings } from '@gprxy/credentials';
import { GprxyError, UpstreamError } from '@gprxy/proxy-core';
import { describe, expect, it } from 'vitest';
import { testProfile } from '../config/profile.testing.ts';
import { toClientError } from './client-errors.ts';

const profile = testProfile();

describe('without a token the client is told why and what to do', () => {
  const table: Array<[CredentialErrorCode, string, RegExp]> = [
    ['ERR_LOGIN_NEEDED', '28P01', /^Run "gprxy login --profile prod"\.$/],
    ['ERR_LOGIN_DENIED', '28P01', /gprxy login/],
    ['ERR_LOGIN_EXPIRED', '28P01', /gprxy login/],
    ['ERR_PROVIDER_UNREACHABLE', '57P03', /check the network/],
    ['ERR_PROVIDER_REFUSED', '28000', /issuer, client_id and scopes of profile "prod"/],
    ['ERR_STORE_ABSENT', '28000', /--insecure-storage/],
    ['ERR_STORE_LOCKED', '28000', /Unlock the keychain/],
    ['ERR_STORE_FAILED', '28000', /store/],
    ['ERR_ABORTED', '57P03', /again/],
  ];
  it.each(table)('%s', (code, sqlState, hint) => {
    const error = toClientError(new CredentialError(code, 'what happened'), profile);
    expect(error).toBeInstanceOf(GprxyError);
    expect(error).toMatchObject({ code, sqlState, clientMessage: 'what happened', hint: expect.stringMatching(hint) });
  });

  it('in the words of the error where it has advice of its own', () => {
    const error = new CredentialError('ERR_STORE_LOCKED', 'locked', { hint: 'Say please.' });
    expect(toClientError(error, profile)).toMatchObject({ hint: 'Say please.' });
  });
});

describe('the upstream speaks for itself', () => {
  const path = '/run/secrets/db';
  const kinds: Array<[CredentialSettings, RegExp]> = [
    [{ kind: 'exec', command: { argv: ['vault'], timeoutMs: 1 } }, /gprxy get-token --profile prod --format json/],
    [{ kind: 'file', path }, /gprxy get-token --profile prod --format json/],
    [
      { kind: 'password', password: { kind: 'file', path } },
      /^Check the password in \/run\/secrets\/db and user = "app_reader"/,
    ],
    [{ kind: 'password', password: { kind: 'env', variable: 'DB_PASSWORD' } }, /password in DB_PASSWORD/],
    [{ kind: 'aws-rds-iam' }, /GRANT rds_iam TO "app_reader".*rds-db:connect/],
    [{ kind: 'azure-entra', identity: 'cli', scope: 's' }, /"app_reader" must be the name of the Entra principal/],
    [{ kind: 'gcp-cloud-sql' }, /roles\/cloudsql\.instanceUser/],
  ];
  it.each(kinds)('%j, with the advice that fits it and never a login', (credential, hint) => {
    for (const code of ['28P01', '28000']) {
      const error = new UpstreamError('refused', { response: response(code) });
      const shown = toClientError(error, { ...profile, user: 'app_reader', credential }) as UpstreamError;
      expect(shown).toMatchObject({ response: response(code), hint: expect.stringMatching(hint) });
      expect(shown.hint).not.toContain('gprxy login');
    }
  });

  const response = (code: string, hint?: string) => ({ severity: 'FATAL', message: 'no', code, ...(hint && { hint }) });
  it.each([
    ['28P01', /gprxy login --profile prod/],
    ['28000', /gprxy whoami --profile prod/],
    ['3D000', /gprxy psql DATABASE/],
    ['53300', /close some that are idle/],
    ['08006', /gprxy doctor --profile prod/],
  ])('%s, with a hint from us', (code, hint) => {
    const error = toClientError(new UpstreamError('refused', { response: response(code) }), profile);
    expect(error).toMatchObject({ response: response(code), hint: expect.stringMatching(hint) });
  });

  it('57P03, and that it is not the sidecar which is stopping', () => {
    const error = new UpstreamError('refused', { response: response('57P03', 'Connect again in a moment.') });
    const detail = expect.stringContaining('The upstream says so');
    expect(toClientError(error, profile)).toMatchObject({
      sqlState: '57P03',
      detail,
      response: response('57P03', 'Connect again in a moment.'),
    });
  });

  it('through a certificate that is not trusted, and the doctor shows more', () => {
    const tls = { code: 'ERR_UPSTREAM_TLS' as const, sqlState: '08001', detail: 'Nothing was sent over it.' };
    const error = new UpstreamError('no verified TLS', { ...tls, hint: 'Check sslrootcert.' });
    const hint = 'Check sslrootcert. "gprxy doctor --profile prod" shows more.';
    expect(toClientError(error, profile)).toMatchObject({ ...tls, hint, message: 'no verified TLS' });
  });

  it('and of what else it says nothing is changed', () => {
    const error = new UpstreamError('refused', { response: response('42704') });
    expect(toClientError(error, profile)).toBe(error);
    const own = { ...response('53300'), routine: 'InitializeSessionUserId' };
    const full = new UpstreamError('refused', { response: own });
    expect(toClientError(full, profile)).toBe(full);
    const bare = new UpstreamError('refused', { response: { severity: 'FATAL', message: 'no code at all' } });
    expect(toClientError(bare, profile)).toBe(bare);
  });
});
