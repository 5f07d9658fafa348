import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { int32, packet, readPacket } from './packets.ts';

const ITERATIONS = 4_096;

/** Why it ended, in Odyssey's words; `undefined` where the client has proved to know the password. */
export type Refusal = { readonly code: string; readonly message: string } | undefined | 'gone';

const malformed = (what: string) => ({ code: '28000', message: `frontend auth: malformed ${what}` });

/** SCRAM-SHA-256 as Odyssey serves it: with channel binding over TLS, its offer in this order. */
export async function scram(socket: Socket, password: string, certificate: Buffer): Promise<Refusal> {
  const mechanisms = socket instanceof TLSSocket ? ['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'] : ['SCRAM-SHA-256'];
  socket.write(packet('R', int32(10), ...mechanisms, Buffer.alloc(1)));
  const initial = await readPacket(socket);
  if (!initial) return 'gone';
  const [mechanism = '', end] = [initial.body.toString('latin1').split('\0')[0], initial.body.indexOf(0)];
  const clientFirst = initial.body.toString('utf8', end + 5);
  const { header, bare, nonce } =
    /^(?<header>[^,]*,,)(?<bare>n=[^,]*,r=(?<nonce>[^,]+))$/.exec(clientFirst)?.groups ?? {};
  if (end < 0 || !header || !bare) return malformed('SASLInitialResponse message');
  if (!mechanisms.includes(mechanism))
    return { code: '28000', message: 'frontend auth: unsupported SASL authorization mechanism' };

  const salt = randomBytes(16);
  const fullNonce = nonce + randomBytes(18).toString('base64');
  const serverFirst = `r=${fullNonce},s=${salt.toString('base64')},i=${ITERATIONS}`;
  socket.write(packet('R', int32(11), Buffer.from(serverFirst)));
  const response = await readPacket(socket);
  if (!response) return 'gone';
  const final = response.body.toString('utf8');
  const { binding, echoed, proof } =
    /^c=(?<binding>[^,]*),r=(?<echoed>[^,]*),p=(?<proof>.*)$/.exec(final)?.groups ?? {};
  if (!proof || !isBound(binding, certificate)) return malformed('client SASLResponse');
  if (echoed !== fullNonce) return malformed("client SASLResponse: nonce doesn't match");
  const exchange = `${bare},${serverFirst},${final.slice(0, final.lastIndexOf(',p='))}`;
  const { matches, signature } = check(password, salt, exchange, Buffer.from(proof, 'base64'));
  if (!matches) return { code: '28000', message: 'frontend auth: password authentication failed' };
  socket.write(packet('R', int32(12), Buffer.from(`v=${signature}`)));
  return undefined;
}

/** Without binding (`n,,`), or bound to this certificate; "y,," is not known there. */
function isBound(binding: string | undefined, certificate: Buffer): boolean {
  const endPoint = createHash('sha256').update(certificate).digest();
  const bound = Buffer.concat([Buffer.from('p=tls-server-end-point,,'), endPoint]).toString('base64');
  return binding === 'biws' || binding === bound;
}

/** RFC 5802 section 3. */
function check(password: string, salt: Buffer, exchange: string, proof: Buffer) {
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const mask = hmac(createHash('sha256').update(clientKey).digest(), exchange);
  const expected = Buffer.from(clientKey.map((byte, index) => byte ^ (mask[index] ?? 0)));
  return { matches: expected.equals(proof), signature: hmac(hmac(salted, 'Server Key'), exchange).toString('base64') };
}
