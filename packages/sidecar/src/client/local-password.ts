import { randomBytes } from 'node:crypto';
import { createScramVerifier, type ScramVerifier } from '@gprxy/proxy-core';

const SECRET_BYTES = 32;

/**
 * The password of one address, made when it is first asked for and forgotten with the process: what somebody who took the port before us got
 * out of a client that sends it in clear opens nothing (S16).
 */
export class LocalPassword {
  readonly secret = randomBytes(SECRET_BYTES).toString('base64url');
  readonly verifier: Promise<ScramVerifier> = createScramVerifier(this.secret);
}
