import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../arbitraries.testing.ts';
import { ProtocolError, UpstreamError } from '../errors.ts';
import { ScramSha256Client } from './scram-client.ts';
import { answerAsScramServer } from './scram-server.testing.ts';

/** RFC 7677 section 3. */
const RFC_7677 = {
  user: 'user',
  password: 'pencil',
  nonce: 'rOprNGfwEbeRWgbNEkqO',
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};
const { user, password, nonce } = RFC_7677;

async function afterFinalMessage(): Promise<ScramSha256Client> {
  const client = new ScramSha256Client({ user, password, nonce });
  client.firstMessage();
  await client.finalMessage(Buffer.from(RFC_7677.serverFirst));
  return client;
}

async function answer(serverFirst: string): Promise<Buffer> {
  const client = new ScramSha256Client({ password, nonce });
  client.firstMessage();
  return client.finalMessage(Buffer.from(serverFirst));
}

/** How long one run takes. A busy machine may hold it up, so it is the quickest of some that counts. */
async function msOf(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

describe('ScramSha256Client', () => {
  it('says what RFC 7677 says, and is content with its server', async () => {
    const client = new ScramSha256Client({ user, password, nonce });
    expect(client.mechanism).toBe('SCRAM-SHA-256');
    expect(client.firstMessage().toString()).toBe(RFC_7677.clientFirst);
    expect((await client.finalMessage(Buffer.from(RFC_7677.serverFirst))).toString()).toBe(RFC_7677.clientFinal);
    client.verify(Buffer.from(RFC_7677.serverFinal));
  });

  it('sends no user name by default, as libpq, and a new nonce each time', () => {
    const messages = Array.from({ length: 2 }, () => new ScramSha256Client({ password }).firstMessage().toString());
    expect(messages[0]).toMatch(/^n,,n=,r=[A-Za-z0-9+/]{24}$/);
    expect(messages[0]).not.toBe(messages[1]);
  });

  it('escapes the user name', () => {
    const client = new ScramSha256Client({ user: 'a=b,c', password, nonce });
    expect(client.firstMessage().toString()).toBe(`n,,n=a=3Db=2Cc,r=${nonce}`);
  });

  it('says that it could have bound the channel when the server did not offer it', async () => {
    const client = new ScramSha256Client({ password, nonce, channelBinding: 'not-offered' });
    expect(client.mechanism).toBe('SCRAM-SHA-256');
    expect(client.firstMessage().toString()).toMatch(/^y,,n=,r=/);
    expect((await client.finalMessage(Buffer.from(RFC_7677.serverFirst))).toString()).toMatch(/^c=eSws,/);
  });

  it('binds the channel to the certificate that it was given', async () => {
    const hash = Buffer.alloc(32, 0xab);
    const client = new ScramSha256Client({ password, nonce, channelBinding: hash });
    expect(client.mechanism).toBe('SCRAM-SHA-256-PLUS');
    expect(client.firstMessage().toString()).toBe(`p=tls-server-end-point,,n=,r=${nonce}`);
    const binding = Buffer.concat([Buffer.from('p=tls-server-end-point,,'), hash]).toString('base64');
    const clientFinal = (await client.finalMessage(Buffer.from(RFC_7677.serverFirst))).toString();
    expect(clientFinal.startsWith(`c=${binding},r=${nonce}`)).toBe(true);
  });

  it('convinces a server of every password, and is convinced by it', async () => {
    const salt = fc.uint8Array({ minLength: 1, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
    const printable = fc.string({ unit: fc.constantFrom(...'azAZ09!#$%&+/=~'), minLength: 1 });
    const ascii = fc.string({ unit: 'grapheme-ascii' });
    await fc.assert(
      fc.asyncProperty(ascii, anyText, salt, printable, async (secret, name, bytes, serverNonce) => {
        const client = new ScramSha256Client({ user: name, password: secret });
        const bare = client.firstMessage().toString().slice('n,,'.length);
        const server = answerAsScramServer(bare, { password: secret, salt: bytes, iterations: 2, nonce: serverNonce });
        const final = await client.finalMessage(Buffer.from(server.serverFirst));
        client.verify(Buffer.from(server.finish(final.toString()) ?? 'e=invalid-proof'));
      }),
    );
  });

  it('prepares the password: one that looks the same is the same', async () => {
    const client = new ScramSha256Client({ password: 'Pa\u00adsswor\u0064 \u2168' });
    const bare = client.firstMessage().toString().slice('n,,'.length);
    const server = answerAsScramServer(bare, {
      password: 'Password IX',
      salt: Buffer.from('salt'),
      iterations: 1,
      nonce: 'x',
    });
    const final = await client.finalMessage(Buffer.from(server.serverFirst));
    expect(server.finish(final.toString())).toBeDefined();
  });

  it.each([
    ['nothing', ''],
    ['no salt', `r=${nonce}x,i=4096`],
    ['an empty salt', `r=${nonce}x,s=,i=4096`],
    ['a salt that is not base64', `r=${nonce}x,s=W22Z!J0S,i=4096`],
    ['a salt without its padding', `r=${nonce}x,s=W22ZaJ0SNY7soEsUEjb6gQ,i=4096`],
    ['no iterations', `r=${nonce}x,s=W22ZaJ0S`],
    ['zero iterations', `r=${nonce}x,s=W22ZaJ0S,i=0`],
    ['negative iterations', `r=${nonce}x,s=W22ZaJ0S,i=-1`],
    ['iterations in hexadecimal', `r=${nonce}x,s=W22ZaJ0S,i=0x10`],
    ['iterations with garbage', `r=${nonce}x,s=W22ZaJ0S,i=4096x`],
    ['a space in the nonce', `r=${nonce} x,s=W22ZaJ0S,i=4096`],
    ['a mandatory extension', `m=x,r=${nonce}x,s=W22ZaJ0S,i=4096`],
    ['another order', `s=W22ZaJ0S,r=${nonce}x,i=4096`],
    ['an error', 'e=unknown-user'],
  ])('refuses a server-first-message with %s', async (_, serverFirst) => {
    await expect(answer(serverFirst)).rejects.toThrow(ProtocolError);
  });

  it('passes over extensions that are not mandatory, and signs them', async () => {
    expect((await answer(`${RFC_7677.serverFirst},x=y`)).toString()).not.toContain(RFC_7677.clientFinal);
  });

  it.each([
    ['another nonce', `r=${'x'.repeat(nonce.length)}y,s=W22ZaJ0S,i=4096`],
    ['our nonce cut short', `r=${nonce.slice(0, -1)},s=W22ZaJ0S,i=4096`],
    ['our nonce and nothing more', `r=${nonce},s=W22ZaJ0S,i=4096`],
    ['our nonce at the end', `r=x${nonce},s=W22ZaJ0S,i=4096`],
  ])('S30 aborts on a nonce that does not extend ours: %s', async (_, serverFirst) => {
    await expect(answer(serverFirst)).rejects.toThrow('invalid SCRAM response (nonce mismatch)');
  });

  it.each(['100001', '4294967296', '9999999999', '99999999999'])(
    'S30 aborts on %s iterations, within 10 ms and before any is done',
    async (iterations) => {
      const refusal = () => expect(answer(`r=${nonce}x,s=W22ZaJ0S,i=${iterations}`)).rejects.toThrow(ProtocolError);
      await expect.poll(() => msOf(refusal), { interval: 1 }).toBeLessThan(10);
    },
  );

  it('accepts 100,000 iterations', async () => {
    await expect(answer(`r=${nonce}x,s=W22ZaJ0S,i=100000`)).resolves.toBeInstanceOf(Buffer);
  });

  it.each([
    ['of another', Buffer.alloc(32).toString('base64')],
    ['with one bit wrong', RFC_7677.serverFinal.slice(2).replace('6', '7')],
  ])('S30 aborts on a server signature %s, within 10 ms', async (_, signature) => {
    const client = await afterFinalMessage();
    const refusal = async () => expect(() => client.verify(Buffer.from(`v=${signature}`))).toThrow(UpstreamError);
    await expect.poll(() => msOf(refusal), { interval: 1 }).toBeLessThan(10);
  });

  it.each(['', 'v=', 'v=AAAA', 'x=y', `v=${'A'.repeat(44)}`, `v=${RFC_7677.serverFinal.slice(2)}=`])(
    'S30 aborts on the malformed server-final-message %j',
    async (serverFinal) => {
      const client = await afterFinalMessage();
      expect(() => client.verify(Buffer.from(serverFinal))).toThrow(ProtocolError);
    },
  );

  it('reports the reason of a server that refuses', async () => {
    const client = await afterFinalMessage();
    expect(() => client.verify(Buffer.from('e=invalid-proof'))).toThrow(
      'error received from server in SCRAM exchange: invalid-proof',
    );
  });

  it('S30 believes no server that skips a step', async () => {
    const fresh = new ScramSha256Client({ password, nonce });
    expect(() => fresh.verify(Buffer.from(RFC_7677.serverFinal))).toThrow(UpstreamError);
    await expect(fresh.finalMessage(Buffer.from(RFC_7677.serverFirst))).rejects.toThrow('SCRAM message out of turn');
    fresh.firstMessage();
    expect(() => fresh.verify(Buffer.from(RFC_7677.serverFinal))).toThrow(UpstreamError);
  });

  it('S30 gives one proof only, whatever else is asked', async () => {
    const client = await afterFinalMessage();
    await expect(client.finalMessage(Buffer.from(RFC_7677.serverFirst))).rejects.toThrow('SCRAM message out of turn');
    client.verify(Buffer.from(RFC_7677.serverFinal));
    expect(() => client.verify(Buffer.from(RFC_7677.serverFinal))).toThrow('SCRAM message out of turn');
  });
});
