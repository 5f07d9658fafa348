import type { AuthenticationRequest } from '../wire/authentication-messages.ts';
import { encodePasswordMessage } from '../wire/frontend-messages.ts';
import {
  type AuthenticationStep,
  finished,
  type UpstreamCredential,
  type UpstreamLine,
} from './answer-authentication.ts';
import type { UpstreamMemory } from './upstream-memory.ts';

/**
 * The PasswordMessage to send along with the StartupMessage, which saves a round trip: where the upstream took a token
 * that way before, and over a line on which it has just proved again who it is. Otherwise `undefined`.
 */
export async function earlyPassword(
  credential: UpstreamCredential,
  line: UpstreamLine,
  memory: UpstreamMemory,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  if (!memory.takesPassword || !line.verified || credential.kind !== 'token') return undefined;
  return encodePasswordMessage(await credential.getToken(signal));
}

/** What comes after an early password: the request that it answers, and nothing else. */
export const afterEarlyPassword: AuthenticationStep = {
  mayEnd: false,
  async answer(request: AuthenticationRequest) {
    if (request.kind !== 'CleartextPassword') throw new NotAsExpected();
    return { reply: Buffer.alloc(0), next: finished };
  },
};

/**
 * The upstream has changed how it authenticates since the last login, and what was sent early is of no use to it; or it hung up on a
 * version of the protocol that it does not know. A new connection may fare better.
 */
export class NotAsExpected extends Error {
  /** To be asked for instead. */
  readonly protocolVersion: number | undefined;

  constructor(protocolVersion?: number) {
    super();
    this.protocolVersion = protocolVersion;
  }
}
