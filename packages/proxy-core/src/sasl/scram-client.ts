import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { ProtocolError } from '../errors.ts';
import { saslprep } from './saslprep.ts';
import { KEY_BYTES, parseServerFinal, parseServerFirst, serverRefused } from './scram-messages.ts';

const deriveKey = promisify(pbkdf2);

const NONCE_BYTES = 18;

export interface ScramOptions {
  password: string;
  /** PostgreSQL ignores it and goes by the startup packet's user; default: empty, as libpq sends it. */
  user?: string;
  /**
   * The server certificate's hash (tls-server-end-point, RFC 5929 section 4) makes it SCRAM-SHA-256-PLUS.
   * `not-offered`: we could have bound, but the server did not offer it; it notices if an attacker removed the offer.
   * Absent: no TLS, or a certificate that has no such hash.
   */
  channelBinding?: Buffer | 'not-offered';
  /** For tests: printable ASCII without comma. */
  nonce?: string;
}

type Step = 'start' | 'first message sent' | 'final message sent' | 'verified';

/**
 * The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), one object per login: `firstMessage`, `finalMessage`,
 * `verify`, in this order and once each. The login succeeded only if `verify` returned: it alone shows that the server
 * knows the password too.
 */
export class ScramSha256Client {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS';
  readonly #password: string;
  readonly #gs2Header: string;
  readonly #channelBinding: Buffer;
  readonly #nonce: string;
  readonly #firstMessageBare: string;
  #serverSignature: Buffer | undefined;
  #step: Step = 'start';

  constructor({
    password,
    user = '',
    channelBinding,
    nonce = randomBytes(NONCE_BYTES).toString('base64'),
  }: ScramOptions) {
    const bound = channelBinding instanceof Buffer;
    this.mechanism = bound ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
    this.#password = password;
    this.#gs2Header = bound ? 'p=tls-server-end-point,,' : channelBinding ? 'y,,' : 'n,,';
    this.#channelBinding = bound ? channelBinding : Buffer.alloc(0);
    this.#nonce = nonce;
    this.#firstMessageBare = `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  }

  firstMessage(): Buffer {
    this.#advance('start', 'first message sent');
    return Buffer.from(this.#gs2Header + this.#firstMessageBare);
  }

  /**
   * The proof that we know the password.
   *
   * @param serverFirst the data of AuthenticationSASLContinue
   * @throws {ProtocolError} before any key is derived: if it is malformed, does not extend our nonce, or asks for more
   *   than 100,000 iterations
   */
  async finalMessage(serverFirst: Buffer): Promise<Buffer> {
    this.#advance('first message sent', 'final message sent');
    const { nonce, salt, iterations } = parseServerFirst(serverFirst, this.#nonce);
    const bindingInput = Buffer.concat([Buffer.from(this.#gs2Header), this.#channelBinding]).toString('base64');
    const withoutProof = `c=${bindingInput},r=${nonce}`;
    const exchange = `${this.#firstMessageBare},${serverFirst},${withoutProof}`;

    const saltedPassword = await deriveKey(await saslprep(this.#password), salt, iterations, KEY_BYTES, 'sha256');
    const clientKey = hmac(saltedPassword, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const proof = xor(clientKey, hmac(storedKey, exchange));
    this.#serverSignature = hmac(hmac(saltedPassword, 'Server Key'), exchange);
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`);
  }

  /**
   * @param serverFinal the data of AuthenticationSASLFinal
   * @throws {UpstreamError} if the server refused the proof, or could not prove that it knows the password
   * @throws {ProtocolError} if the message is malformed, or came out of turn
   */
  verify(serverFinal: Buffer): void {
    const signature = parseServerFinal(serverFinal);
    if (!this.#serverSignature || !timingSafeEqual(signature, this.#serverSignature)) {
      throw serverRefused('incorrect server signature in SCRAM exchange');
    }
    this.#advance('final message sent', 'verified');
  }

  #advance(from: Step, to: Step): void {
    if (this.#step !== from) throw new ProtocolError('SCRAM message out of turn');
    this.#step = to;
  }
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] as number)));
}
