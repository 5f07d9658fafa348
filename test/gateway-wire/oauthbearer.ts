import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { alice, has, programs, type Stack, spawnProgram } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { BY_OAUTHBEARER, startup, typesOf, type WireMessage, WireSession } from './wire-session.ts';

/** What libpq reads of an authentication request (fe-connect.c). */
const MAX_REQUEST_BYTES = 2_000;

/** SASLInitialResponse, written down from the protocol chapter and RFC 7628, not made by the encoder under test. */
function initialResponse(data: string, mechanism = 'OAUTHBEARER'): Buffer {
  const body = Buffer.from(`${mechanism}\0....${data}`, 'latin1');
  body.writeInt32BE(data.length, mechanism.length + 1);
  return message(body);
}

function message(body: Buffer): Buffer {
  const header = Buffer.from('p....');
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

const KVSEP = '\x01';
const DISCOVERY = 'p\0\0\0\x1fOAUTHBEARER\0\0\0\0\x0bn,,\x01auth=\x01\x01';
const ACKNOWLEDGEMENT = Buffer.from('p\0\0\0\x05\x01', 'latin1');
const OFFER = 'R\0\0\0\x15\0\0\0\x0aOAUTHBEARER\0\0';
const AUTHENTICATION_OK = 'R\0\0\0\x08\0\0\0\0';

export function describeOAuthBearer(stackOf: () => Stack): void {
  /** A session that has been offered OAUTHBEARER, and sends this. */
  async function answerOffer(...bytes: Buffer[]): Promise<WireSession> {
    const session = await WireSession.secure(stackOf());
    const offer = await session.send(startup([BY_OAUTHBEARER])).next();
    expect(offer?.frame.toString('latin1')).toBe(OFFER);
    return session.send(...bytes);
  }

  const challenge = () =>
    `{ "status": "invalid_token", "openid-configuration": "${stackOf().provider.issuer}/.well-known/openid-configuration", "scope": "openid" }`;

  /** AuthenticationSASLContinue with the challenge, byte for byte. */
  function expectChallenge(request: WireMessage | undefined): void {
    const bytes = Buffer.from(`R....\0\0\0\x0b${challenge()}`, 'latin1');
    bytes.writeInt32BE(bytes.length - 1, 1);
    expect(request?.frame.toString('latin1')).toBe(bytes.toString('latin1'));
    expect(bytes.length).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
  }

  describe('S29 OAUTHBEARER', () => {
    it('S29 tells a client that asks where to sign in, and then 28000', async () => {
      const session = await answerOffer(Buffer.from(DISCOVERY, 'latin1'));
      expectChallenge(await session.next());
      const error = await session.send(ACKNOWLEDGEMENT).fatal();
      expect(error).toMatchObject({ severity: 'FATAL', code: '28000', hint: expect.stringContaining('gprxy login') });
    });

    it('S29 refuses a token with the same challenge, and then 28000', async () => {
      const session = await answerOffer(initialResponse('n,,\x01auth=Bearer aGVhZGVy.cGF5bG9hZA.c2ln\x01\x01'));
      expectChallenge(await session.next());
      expect(await session.send(ACKNOWLEDGEMENT).fatal()).toMatchObject({ severity: 'FATAL', code: '28000' });
    });

    it.each<[string, (token: string) => string]>([
      ['as libpq sends it', (token) => `n,,\x01auth=Bearer ${token}\x01\x01`],
      [
        'with host and port, as RFC 7628 shows it',
        (token) => `n,,\x01host=localhost\x01port=5432\x01auth=Bearer ${token}\x01\x01`,
      ],
      ['with the scheme in lower case', (token) => `n,,\x01auth=bearer ${token}\x01\x01`],
      ['with more than one space', (token) => `n,,\x01auth=Bearer   ${token}\x01\x01`],
      ['with the flag "y"', (token) => `y,,\x01auth=Bearer ${token}\x01\x01`],
    ])('S29 accepts a token %s, with AuthenticationOk and no SASLFinal', async (_name, write) => {
      const session = await answerOffer(initialResponse(write(await stackOf().provider.signToken())));
      const messages = await session.upTo('ZE');
      session.end();
      expect(messages[0]?.frame.toString('latin1')).toBe(AUTHENTICATION_OK);
      expect(typesOf(messages)).toMatch(/^RS+KZ$/);
    });

    it('S29 accepts a token that comes only when it is asked for', async () => {
      const withoutData = message(Buffer.from('OAUTHBEARER\0\xff\xff\xff\xff', 'latin1'));
      const session = await answerOffer(withoutData);
      expect((await session.next())?.frame.toString('latin1')).toBe('R\0\0\0\x08\0\0\0\x0b');
      session.send(message(Buffer.from(`n,,\x01auth=Bearer ${await stackOf().provider.signToken()}\x01\x01`)));
      expect(typesOf(await session.upTo('ZE'))).toMatch(/^RS+KZ$/);
      session.end();
    });

    it.each<[string, string, (token: string) => Buffer]>([
      ['a channel binding', '08P01', (token) => initialResponse(`p=tls-exporter,,\x01auth=Bearer ${token}\x01\x01`)],
      ['an authorization identity', '0A000', (token) => initialResponse(`n,a=bob,\x01auth=Bearer ${token}\x01\x01`)],
      [
        'two tokens',
        '08P01',
        (token) => initialResponse(`n,,\x01auth=Bearer ${token}\x01auth=Bearer ${token}\x01\x01`),
      ],
      ['a pair that does not end', '08P01', (token) => initialResponse(`n,,\x01auth=Bearer ${token}`)],
      ['no end', '08P01', (token) => initialResponse(`n,,\x01auth=Bearer ${token}\x01`)],
      ['bytes behind the end', '08P01', (token) => initialResponse(`n,,\x01auth=Bearer ${token}\x01\x01\x01`)],
      ['a zero byte', '08P01', (token) => initialResponse(`n,,\x01auth=Bearer ${token}\x01\x01\0`)],
      ['no pairs', '08P01', () => initialResponse('n,,')],
      ['nothing', '08P01', () => initialResponse('')],
      ['another mechanism', '08P01', (token) => initialResponse(`\0alice\0${token}`, 'PLAIN')],
      ['SCRAM, which was not offered', '08P01', () => initialResponse('n,,n=,r=abc', 'SCRAM-SHA-256')],
      ['a length that is too long', '08P01', () => message(Buffer.from('OAUTHBEARER\0\0\0\xff\xffn,,', 'latin1'))],
      ['a length below -1', '08P01', () => message(Buffer.from('OAUTHBEARER\0\xff\xff\xff\xfen,,', 'latin1'))],
      ['a password message', '08P01', (token) => message(Buffer.from(`${token}\0`))],
    ])('S29 refuses %s with %s, good as the token may be', async (_name, code, write) => {
      const session = await answerOffer(write(await stackOf().provider.signToken()));
      expect(await session.fatal()).toMatchObject({ severity: 'FATAL', code });
    });

    it.each<[string, string]>([
      ['another token', 'n,,\x01auth=Bearer TOKEN\x01\x01'],
      ['nothing', ''],
      ['two of them', KVSEP + KVSEP],
    ])('S29 takes only one 0x01 for the end of a refusal, and not %s', async (_name, text) => {
      const session = await answerOffer(Buffer.from(DISCOVERY, 'latin1'));
      await session.next();
      const token = await stackOf().provider.signToken();
      session.send(message(Buffer.from(text.replace('TOKEN', token))));
      expect(await session.fatal()).toMatchObject({ code: '08P01' });
    });

    it.each([
      ['basic', 'Basic YWxpY2U6eA=='],
      ['no scheme', 'TOKEN'],
      ['an empty token', 'Bearer '],
      ['a token with a space in it', 'Bearer TOKEN TOKEN'],
      ['a token in quotes', 'Bearer "TOKEN"'],
    ])('S29 takes other credentials for none: %s', async (_name, auth) => {
      const token = await stackOf().provider.signToken();
      const session = await answerOffer(initialResponse(`n,,\x01auth=${auth.replaceAll('TOKEN', token)}\x01\x01`));
      expectChallenge(await session.next());
      expect(await session.send(ACKNOWLEDGEMENT).fatal()).toMatchObject({ code: '28000' });
    });
  });

  describe.runIf(has.psycopg2)("S29 PostgreSQL 18's libpq", () => {
    /** Logs in with a token from a hook; returns what the program says. */
    async function logIn(token: string) {
      const { gateway, caFile, provider, postgres } = stackOf();
      const conninfo = {
        ...{ host: 'localhost', port: gateway.port, user: alice.email, dbname: 'sales' },
        ...{ sslmode: 'verify-full', sslrootcert: caFile, options: '-c gprxy.auth=oauthbearer' },
        ...{ oauth_issuer: provider.issuer, oauth_client_id: provider.clientId, require_auth: 'oauth' },
      };
      const program = spawnProgram({
        command: programs.python,
        args: [fileURLToPath(import.meta.resolve('./libpq-oauth.py'))],
        // It would insist on https for the provider.
        env: { ...process.env, LIBPQ: join(postgres.libraryDirectory, 'libpq.so.5'), PGOAUTHDEBUG: 'UNSAFE' },
        input: `${Object.entries(conninfo)
          .map(([name, value]) => `${name}='${value}'`)
          .join(' ')}\n${token}\n`,
      });
      return program.ended;
    }

    it('S29 finds the provider by the challenge, and logs in with a token', async () => {
      const { stdout, stderr } = await logIn(await stackOf().provider.signToken());
      expect(stdout.split('\n')).toEqual([
        `asked for a token of ${stackOf().provider.issuer}/.well-known/openid-configuration for openid`,
        `session_user ${alice.email}`,
        '',
      ]);
      expect(stderr).toBe('');
    });

    it('S29 is told of a token that is refused', async () => {
      const { stdout } = await logIn(await stackOf().provider.signToken({ exp: 1 }));
      expect(stdout).toContain('FATAL:  the access token is not accepted');
      expect(stdout).not.toContain('session_user');
    });
  });
}
