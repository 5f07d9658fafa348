import { type ClientConnection, createScramVerifier, MessageChannel, type ScramVerifier } from '@gprxy/proxy-core';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { socketPair } from '../../../proxy-core/src/session/socket-pair.testing.ts';
import { encodeSASLInitialResponse } from '../../../proxy-core/src/wire/frontend-messages.ts';
import { askForPassword } from './ask-for-password.ts';

let verifier: ScramVerifier;
beforeAll(async () => {
  verifier = await createScramVerifier('a password');
});

/** How it ends for a client that says this, whatever it is asked. */
async function outcomeOf(said: Buffer) {
  const [near, far] = await socketPair();
  onTestFinished(() => {
    for (const socket of [near, far]) socket.destroy();
  });
  const connection = { channel: new MessageChannel(near), startup: { parameters: new Map([['user', 'mallory']]) } };
  far.resume().end(said);
  return askForPassword(verifier)(connection as unknown as ClientConnection, AbortSignal.timeout(20_000)).then(
    () => 'it was let in',
    (error: unknown) => error,
  );
}

const clientFirst = Buffer.from('n,,n=,r=rOprNGfwEbeRWgbNEkqO');
const saslMessage = (length: number) => {
  const header = Buffer.alloc(5, 'p');
  header.writeInt32BE(length, 1);
  return header;
};

it.each(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1', 'OAUTHBEARER', 'PLAIN', ''])(
  'S11 a client may not choose a mechanism that was not offered: "%s"',
  async (mechanism) => {
    const outcome = await outcomeOf(encodeSASLInitialResponse(mechanism, clientFirst));
    expect(outcome).toMatchObject({ code: 'ERR_PROTOCOL', message: expect.stringContaining('invalid SASL') });
  },
);

it('S27 a message over 1,024 bytes is refused by its header', async () => {
  const outcome = await outcomeOf(saslMessage(1_024 + 4 + 1));
  expect(outcome).toMatchObject({ code: 'ERR_PROTOCOL', message: expect.stringContaining('length') });
});

it('S15 a client that goes on as if it had been believed is refused', async () => {
  const first = encodeSASLInitialResponse('SCRAM-SHA-256', clientFirst);
  const query = Buffer.from('Q\0\0\0\x0dSELECT 1\0');
  expect(await outcomeOf(Buffer.concat([first, query]))).toMatchObject({ sqlState: '08P01' });
});
