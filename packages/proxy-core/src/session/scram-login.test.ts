import { expect, it, onTestFinished } from 'vitest';
import { answerAsScramServer, type ScramServerAnswer } from '../sasl/scram-server.testing.ts';
import {
  authenticationOk,
  encodeAuthenticationSASL,
  encodeAuthenticationSASLContinue,
  encodeAuthenticationSASLFinal,
} from '../wire/authentication-messages.ts';
import { encodeReadyForQuery } from '../wire/backend-messages.ts';
import { PROTOCOL_3_0 } from '../wire/startup-packet.ts';
import { startHostileServer } from './hostile-server.testing.ts';
import { loginUpstream } from './upstream-login.ts';

const PASSWORD = 'a password that both sides know';
const ready = Buffer.concat([authenticationOk, encodeReadyForQuery('I')]);
const verifies = (signature: string) => encodeAuthenticationSASLFinal(Buffer.from(signature));
const flipped = (signature: string) => signature.replace(/=(.)/, (_, first) => (first === 'A' ? '=B' : '=A'));

type Step = (scram: ScramServerAnswer, clientFinal: string) => Buffer;

/** Asks for SCRAM over a line in clear, as it should be; `afterProof` is what it says to the client's proof and to what comes then. */
async function loginAt(afterProof: Step, password = PASSWORD) {
  let scram: ScramServerAnswer | undefined;
  const server = await startHostileServer({
    script: [
      encodeAuthenticationSASL(['SCRAM-SHA-256']),
      (message) => {
        const bare = message.toString('latin1').replace(/^.*n,,/s, '');
        scram = answerAsScramServer(bare, { password, salt: Buffer.alloc(16, 1), iterations: 4_096, nonce: 'server' });
        return encodeAuthenticationSASLContinue(Buffer.from(scram.serverFirst));
      },
      (message) => afterProof(scram as ScramServerAnswer, message.subarray(5).toString('latin1')),
    ],
  });
  onTestFinished(() => server.stop());
  const target = {
    ...{ host: '127.0.0.1', port: server.port, connectTimeoutMs: 5_000 },
    tls: { mode: 'disable', negotiation: 'postgres' },
  } as const;
  const credential = { kind: 'password', password: PASSWORD } as const;
  const login = { target, protocolVersion: PROTOCOL_3_0, parameters: [['user', 'app']] as const, credential };
  const session = await loginUpstream(login, new AbortController().signal);
  session.channel.release().destroy();
}

it('a server that knows the password is let in', async () => {
  await loginAt((scram, final) => Buffer.concat([verifies(scram.finish(final) ?? ''), ready]));
});

it.each<[string, string, Step]>([
  ['says only that we are in', 'ERR_PROTOCOL', () => ready],
  [
    'goes on as if we had said nothing',
    'ERR_PROTOCOL',
    (scram) => encodeAuthenticationSASLContinue(Buffer.from(scram.serverFirst)),
  ],
  [
    'signs with something else',
    'ERR_UPSTREAM_AUTHENTICATION',
    (scram, final) => Buffer.concat([verifies(flipped(scram.finish(final) ?? '')), ready]),
  ],
  [
    'proves it twice',
    'ERR_PROTOCOL',
    (scram, final) => Buffer.concat([verifies(scram.finish(final) ?? ''), verifies(scram.finish(final) ?? ''), ready]),
  ],
])('S30 a server that %s gets no session', async (_, code, afterProof) => {
  await expect(loginAt(afterProof)).rejects.toMatchObject({ code });
});

it('S30 a server that has another password gets no session, whatever it signs', async () => {
  const signature = `v=${Buffer.alloc(32).toString('base64')}`;
  const outcome = loginAt(() => Buffer.concat([verifies(signature), ready]), 'another password');
  await expect(outcome).rejects.toMatchObject({ code: 'ERR_UPSTREAM_AUTHENTICATION' });
});
