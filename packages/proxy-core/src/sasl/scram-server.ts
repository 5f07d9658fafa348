import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { ProtocolError } from '../errors.ts';
import { saslprep } from './saslprep.ts';
import { parseClientFinal, parseClientFirst } from './scram-client-messages.ts';
import { KEY_BYTES } from './scram-messages.ts';

const deriveKey = promisify(pbkdf2);

const NONCE_BYTES = 18;
const SALT_BYTES = 16;
/** PostgreSQL's default, and the least that some clients accept (RFC 7677 section 4). */
const ITERATIONS = 4_096;

/** What a server keeps of a password (RFC 5802 section 3): enough to check a proof, not to make one. */
export interface ScramVerifier {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** @param options for tests; default: a new salt, 4,096 iterations */
export async function createScramVerifier(
  password: string,
  { salt = randomBytes(SALT_BYTES), iterations = ITERATIONS }: { salt?: Buffer; iterations?: number } = {},
): Promise<ScramVerifier> {
  const salted = await deriveKey(await saslprep(password), salt, iterations, KEY_BYTES, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
  return { salt, iterations, storedKey, serverKey: hmac(salted, 'Server Key') };
}

export interface ScramServerOptions {
  /** Undefined: there is no such user. The exchange goes on as with any other, and fails at its end. */
  readonly verifier: ScramVerifier | undefined;
  /** Whom the client says to be in its startup packet; what it says inside SASL is ignored, as PostgreSQL does. */
  readonly user: string;
  /** For tests: printable ASCII without comma. */
  readonly nonce?: string;
}

/** One for each run of the program: the made-up salt of a user stays the same, as that of a real one does. */
const mockKey = randomBytes(KEY_BYTES);

type Step = 'start' | 'first message sent' | 'done';

/**
 * The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding, one object per login: `firstMessage`, then
 * `finalMessage`, once each. The same messages are accepted and refused as by PostgreSQL 18.
 */
export class ScramSha256Server {
  readonly #verifier: ScramVerifier;
  readonly #isMock: boolean;
  readonly #nonce: string;
  #clientFirstBare = '';
  #serverFirst = '';
  #gs2Header = '';
  #fullNonce = '';
  #step: Step = 'start';

  constructor({ verifier, user, nonce = randomBytes(NONCE_BYTES).toString('base64') }: ScramServerOptions) {
    this.#verifier = verifier ?? mockVerifier(user);
    this.#isMock = verifier === undefined;
    this.#nonce = nonce;
  }

  /**
   * @param clientFirst the data of SASLInitialResponse
   * @returns the data of AuthenticationSASLContinue
   * @throws {ProtocolError} 08P01 if it is malformed, 0A000 for what is not supported
   */
  firstMessage(clientFirst: Buffer): Buffer {
    this.#advance('start', 'first message sent');
    const { gs2Header, bare, nonce } = parseClientFirst(clientFirst);
    const { salt, iterations } = this.#verifier;
    this.#gs2Header = gs2Header;
    this.#clientFirstBare = bare;
    this.#fullNonce = nonce + this.#nonce;
    this.#serverFirst = `r=${this.#fullNonce},s=${salt.toString('base64')},i=${iterations}`;
    return Buffer.from(this.#serverFirst);
  }

  /**
   * Whether the client knows the password, in constant time.
   *
   * @param clientFinal the data of SASLResponse
   * @returns the data of AuthenticationSASLFinal, which shows that we know it too; undefined: the password is wrong, or nobody's
   * @throws {ProtocolError} 08P01 if it is malformed, or not the continuation of this exchange
   */
  finalMessage(clientFinal: Buffer): Buffer | undefined {
    this.#advance('first message sent', 'done');
    const { binding, nonce, proof, withoutProof } = parseClientFinal(clientFinal);
    if (binding !== Buffer.from(this.#gs2Header).toString('base64')) {
      throw new ProtocolError('unexpected SCRAM channel-binding attribute in client-final-message');
    }
    if (!sameText(nonce, this.#fullNonce)) throw new ProtocolError('invalid SCRAM response (nonce does not match)');
    // Byte for byte what was sent: what is not UTF-8 too.
    const exchange = Buffer.from(`${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`, 'latin1');
    const { storedKey, serverKey } = this.#verifier;
    const clientKey = xor(proof, hmac(storedKey, exchange));
    const known = timingSafeEqual(createHash('sha256').update(clientKey).digest(), storedKey);
    const serverFinal = Buffer.from(`v=${hmac(serverKey, exchange).toString('base64')}`);
    return known && !this.#isMock ? serverFinal : undefined;
  }

  #advance(from: Step, to: Step): void {
    if (this.#step !== from) throw new ProtocolError('SCRAM message out of turn');
    this.#step = to;
  }
}

function mockVerifier(user: string): ScramVerifier {
  const salt = hmac(mockKey, user).subarray(0, SALT_BYTES);
  return { salt, iterations: ITERATIONS, storedKey: randomBytes(KEY_BYTES), serverKey: randomBytes(KEY_BYTES) };
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function hmac(key: Buffer, data: string | Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] as number)));
}
