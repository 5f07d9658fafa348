import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { ScramSha256Client } from './scram-client.ts';
import { createScramVerifier, ScramSha256Server, type ScramVerifier } from './scram-server.ts';

/** RFC 7677 section 3. */
const RFC_7677 = {
  salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};
const pencil = createScramVerifier('pencil', { salt: RFC_7677.salt });

const server = (verifier: ScramVerifier | undefined, user = 'user') =>
  new ScramSha256Server({ verifier, user, nonce: RFC_7677.serverNonce });

async function afterFirstMessage(): Promise<ScramSha256Server> {
  const scram = server(await pencil);
  scram.firstMessage(Buffer.from(RFC_7677.clientFirst));
  return scram;
}

/** Whether a client with this password gets in, and is content with the server. */
async function login(verifier: ScramVerifier | undefined, password: string, binding?: 'not-offered'): Promise<boolean> {
  const client = new ScramSha256Client({ password, ...(binding && { channelBinding: binding }) });
  const scram = new ScramSha256Server({ verifier, user: 'alice' });
  const serverFirst = scram.firstMessage(client.firstMessage());
  const serverFinal = scram.finalMessage(await client.finalMessage(serverFirst));
  if (serverFinal) client.verify(serverFinal);
  return serverFinal !== undefined;
}

describe('ScramSha256Server', () => {
  it('says what RFC 7677 says', async () => {
    const scram = server(await pencil);
    expect(scram.firstMessage(Buffer.from(RFC_7677.clientFirst)).toString()).toBe(RFC_7677.serverFirst);
    expect(scram.finalMessage(Buffer.from(RFC_7677.clientFinal))?.toString()).toBe(RFC_7677.serverFinal);
  });

  it('lets the right password in and no other, whatever they are', async () => {
    const { salt } = RFC_7677;
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), async (password, other) => {
        const verifier = await createScramVerifier(password, { salt, iterations: 1 });
        expect(await login(verifier, password)).toBe(true);
        if (other.normalize('NFKC') !== password.normalize('NFKC')) expect(await login(verifier, other)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('takes clients that could have bound to a channel', async () => {
    expect(await login(await pencil, 'pencil', 'not-offered')).toBe(true);
  });

  it('sends a new salt for each verifier, and a new nonce for each login', async () => {
    const [one, two] = [await createScramVerifier('x'), await createScramVerifier('x')];
    expect(one.salt.equals(two.salt)).toBe(false);
    const nonces = [one, one].map((verifier) =>
      new ScramSha256Server({ verifier, user: 'x' }).firstMessage(Buffer.from(RFC_7677.clientFirst)).toString(),
    );
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  it('S31 goes on with nobody as with anybody, always with the same salt, and refuses in the end', async () => {
    const first = (user: string) => server(undefined, user).firstMessage(Buffer.from(RFC_7677.clientFirst)).toString();
    expect(first('eve')).toMatch(/^r=[!-~]+,s=[A-Za-z0-9+/]{22}==,i=4096$/);
    expect(first('eve')).toBe(first('eve'));
    expect(first('eve')).not.toBe(first('mallory'));
    expect(await login(undefined, 'pencil')).toBe(false);
  });

  it('signs the bytes that were sent, UTF-8 or not', async () => {
    const bytes = Buffer.concat([Buffer.from('n,,n='), Buffer.from([0xe4, 0xff]), Buffer.from(',r=abc')]);
    expect(
      server(await pencil)
        .firstMessage(bytes)
        .toString(),
    ).toContain('r=abc');
  });
});

describe('a first message', () => {
  it.each([
    ['is empty', '', '08P01'],
    ['has a NUL', 'n,,n=\0,r=abc', '08P01'],
    ['is bound to a channel', 'p=tls-unique,,n=,r=abc', '08P01'],
    ['has another flag', 'x,,n=,r=abc', '08P01'],
    ['has an authorization identity', 'n,a=root,n=,r=abc', '0A000'],
    ['has something else there', 'n,b=root,n=,r=abc', '08P01'],
    ['needs an extension', 'n,,m=x,n=,r=abc', '0A000'],
    ['has no name', 'n,,r=abc', '08P01'],
    ['has no nonce', 'n,,n=', '08P01'],
    ['has an empty nonce', 'n,,n=,r=', '08P01'],
    ['has a nonce that cannot be printed', 'n,,n=,r=a\u007f', '08P01'],
    ['has a second flag', 'n,n,,n=,r=abc', '08P01'],
  ])('that %s is refused', async (_, message, sqlState) => {
    const scram = server(await pencil);
    expect(() => scram.firstMessage(Buffer.from(message))).toThrow(expect.objectContaining({ sqlState }));
  });

  it('may have extensions that nobody needs', async () => {
    expect(
      server(await pencil)
        .firstMessage(Buffer.from('n,,n=,r=abc,x=1'))
        .toString(),
    ).toContain('r=abc');
  });
});

describe('a final message', () => {
  const [binding, nonce, proof] = RFC_7677.clientFinal.split(',').map(String) as [string, string, string];
  it.each([
    ['is empty', ''],
    ['says another flag than before', ['c=eSws', nonce, proof].join(',')],
    ['is bound to a channel', ['c=cD10bHM=', nonce, proof].join(',')],
    ['has the nonce of another exchange', [binding, `${nonce}x`, proof].join(',')],
    ['has only its own nonce', [binding, 'r=rOprNGfwEbeRWgbNEkqO', proof].join(',')],
    ['has no proof', [binding, nonce].join(',')],
    ['has a short proof', [binding, nonce, 'p=AAAA'].join(',')],
    ['has a proof that is no base64', [binding, nonce, proof.replace('d', '*')].join(',')],
    ['goes on behind the proof', [binding, nonce, proof, 'x=1'].join(',')],
  ])('that %s is refused', async (_, message) => {
    const scram = await afterFirstMessage();
    expect(() => scram.finalMessage(Buffer.from(message))).toThrow(expect.objectContaining({ sqlState: '08P01' }));
  });

  it('with another proof is wrong, which is no violation of the protocol', async () => {
    const scram = await afterFirstMessage();
    expect(scram.finalMessage(Buffer.from([binding, nonce, proof.replace('d', 'e')].join(',')))).toBeUndefined();
  });

  it('with another extension is another message', async () => {
    const scram = await afterFirstMessage();
    expect(scram.finalMessage(Buffer.from([binding, nonce, 'x=1', proof].join(',')))).toBeUndefined();
  });

  it('counts once, and not before the first', async () => {
    const scram = server(await pencil);
    expect(() => scram.finalMessage(Buffer.from(RFC_7677.clientFinal))).toThrow(ProtocolError);
    scram.firstMessage(Buffer.from(RFC_7677.clientFirst));
    scram.finalMessage(Buffer.from(RFC_7677.clientFinal));
    expect(() => scram.finalMessage(Buffer.from(RFC_7677.clientFinal))).toThrow(ProtocolError);
  });
});

it('S25 any bytes are read or refused, and never slow', async () => {
  const verifier = await pencil;
  const piece = fc.oneof(
    fc.constantFrom('n', 'y', 'p=', ',', 'n=', 'r=', 'c=', 'biws', 'm=', 'a=', '='),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 1_024 }).map((array) => Buffer.from(array)),
    fc.array(piece).map((pieces) => Buffer.from(pieces.join(''))),
  );
  fc.assert(
    fc.property(bytes, bytes, (first, final) => {
      const scram = server(verifier);
      for (const step of [() => scram.firstMessage(first), () => scram.finalMessage(final)]) {
        try {
          step();
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});
