import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { authenticationCleartextPassword, encodeAuthenticationSASL, encodeErrorResponse } from '@gprxy/proxy-core';
import { createCanary, createCertificateAuthority, disguisesOf, temporaryDirectory, tracesOf } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostileUpstreamOptions, startHostileUpstream } from './hostile-upstream.testing.ts';
import { errorIn, sendRaw, startTestSidecar, startupAs, tokensOf } from './sidecar.testing.ts';

const canary = createCanary();

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let caFile: string;
let certificate: HostileUpstreamOptions['certificate'];
beforeAll(async () => {
  directory = await temporaryDirectory();
  caFile = join(directory.path, 'ca.crt');
  const authority = await createCertificateAuthority();
  await writeFile(caFile, authority.certPem);
  certificate = await authority.issue({ commonName: 'localhost' });
});
afterAll(() => directory.remove());

/** What a client, the log and `gprxy status` say of an upstream that was sent the canary and then says `last`. */
async function shownAfter(request: Buffer, ...last: Buffer[]): Promise<string> {
  const hostile = await startHostileUpstream({ sslAnswer: Buffer.from('S'), certificate, script: [request, ...last] });
  const upstream = `postgresql://localhost:${hostile.port}?connect_timeout=5&sslrootcert=${caFile}`;
  const { port, log, sidecar } = await startTestSidecar({ upstream }, { tokens: tokensOf(canary) });
  const { answer } = await sendRaw({ port }, startupAs('whoever'));
  expect(hostile.received()).toContain(canary);
  expect(errorIn(answer)).toMatchObject({ severity: 'FATAL', hint: expect.stringMatching(/\w/) });
  return [answer.toString(), JSON.stringify([log, sidecar.status()])].join('\n');
}

const refusal = (text: string) => encodeErrorResponse({ severity: 'FATAL', code: '28P01', message: `no: ${text}` });
const explained = (text: string) =>
  encodeErrorResponse({
    severity: 'FATAL',
    code: '28000',
    message: 'no',
    detail: `was sent ${text}`,
    hint: `not ${text}`,
  });

const paths = Object.entries(disguisesOf(canary)).flatMap(([disguise, text]) => [
  { name: `the password in its error ${disguise}`, request: authenticationCleartextPassword, last: refusal(text) },
  { name: `the password in its hint ${disguise}`, request: authenticationCleartextPassword, last: explained(text) },
  {
    name: `the bearer token in its error ${disguise}`,
    request: encodeAuthenticationSASL(['OAUTHBEARER']),
    last: refusal(text),
  },
]);

describe('S18 the token is not passed on when the upstream quotes', () => {
  it.each(paths)('$name', async ({ request, last }) => {
    const shown = await shownAfter(request, last);
    expect(tracesOf(canary, shown), shown).toEqual([]);
  });

  it('S18 at least 50 things', () => expect(new Set(paths.map(({ name }) => name)).size).toBeGreaterThanOrEqual(50));
});
