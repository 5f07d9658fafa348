import { expect, it } from 'vitest';
import { earlyPassword } from './early-password.ts';
import { memoryOf, sessionToResume } from './upstream-memory.ts';

const target = () =>
  ({ host: 'a', port: 1, tls: { mode: 'verify-full', negotiation: 'postgres' }, connectTimeoutMs: 1 }) as const;
const ENDS = Date.UTC(2030, 0, 1);

it('S14 a TLS session is resumed only while the certificate lasts that it was verified by', () => {
  const upstream = target();
  const ticket = Buffer.from('ticket');
  memoryOf(upstream).tlsSession = { ticket, notAfterMs: ENDS };
  expect([sessionToResume(upstream, ENDS - 1), sessionToResume(upstream, ENDS)]).toEqual([ticket, undefined]);
});

it('S14 what was learned under some settings is not believed under others, were they the same words', () => {
  const upstream = target();
  memoryOf(upstream).takesPassword = true;
  expect(memoryOf(target())).toEqual({});
});

it('S14 no token goes out early over a line that is not verified, whatever is remembered', async () => {
  const token = { kind: 'token', getToken: async () => 'canary' } as const;
  const line = (verified: boolean) => ({ verified, certificate: undefined });
  const signal = new AbortController().signal;
  expect(await earlyPassword(token, line(false), { takesPassword: true }, signal)).toBeUndefined();
  expect(await earlyPassword(token, line(true), {}, signal)).toBeUndefined();
  expect(await earlyPassword(token, line(true), { takesPassword: true }, signal)).toBeDefined();
});
