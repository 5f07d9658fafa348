import { GprxyError, ProtocolError, SqlState, UpstreamError } from '../errors.ts';
import { decodeAuthentication } from '../wire/authentication-messages.ts';
import { decodeNegotiateProtocolVersion } from '../wire/backend-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { encodeStartupMessage, PROTOCOL_3_0 } from '../wire/startup-packet.ts';
import {
  type AuthenticationStep,
  startAuthentication,
  type UpstreamCredential,
  type UpstreamLine,
} from './answer-authentication.ts';
import { isVerified, type UpstreamTarget } from './connect-upstream-socket.ts';
import { ConnectionLost } from './connection-errors.ts';
import { afterEarlyPassword, earlyPassword, NotAsExpected } from './early-password.ts';
import { MAX_LOGIN_MESSAGES, readLoginMessage, unexpectedFromUpstream } from './login-message.ts';
import type { MessageChannel } from './message-channel.ts';
import { peerCertificate } from './peer-certificate.ts';
import { memoryOf } from './upstream-memory.ts';

export interface UpstreamLogin {
  readonly target: UpstreamTarget;
  /** The version to ask for; the upstream may answer with a lower one. */
  readonly protocolVersion: number;
  readonly parameters: Iterable<readonly [string, string]>;
  readonly credential: UpstreamCredential;
  /** TCP and TLS stand, the login begins; again for another host, or another attempt. See connectionIdOf(). */
  onConnected?(connectionId: string | undefined): void;
}

// libpq's own limits for what comes before authentication is complete.
const MAX_AUTHENTICATION_REQUEST_BYTES = 2_000;
const MAX_EARLY_ERROR_BYTES = 30_000;

interface Authenticated {
  readonly protocolVersion: number;
  /** Every request that the upstream made. */
  readonly asked: readonly string[];
}

/**
 * StartupMessage to AuthenticationOk; returns the protocol version agreed on. Rejects with NotAsExpected when the upstream does not
 * take any more what it took early the last time, or hangs up on the version; a new connection then starts from the beginning.
 */
export async function authenticateUpstream(
  channel: MessageChannel,
  login: UpstreamLogin,
  signal: AbortSignal,
): Promise<number> {
  const { credential, target } = login;
  const memory = memoryOf(target);
  const line = lineOf(channel, target);
  const password = await earlyPassword(credential, line, memory, signal);
  channel.write(encodeStartupMessage(login.protocolVersion, login.parameters), ...(password ? [password] : []));
  if (password) return afterPassword(channel, login, signal);
  const first = startAuthentication(credential, line);
  const { protocolVersion, asked } = await authenticate(channel, login, first, signal);
  memory.takesPassword = credential.kind === 'token' && asked.length === 1 && asked[0] === 'CleartextPassword';
  return protocolVersion;
}

async function afterPassword(channel: MessageChannel, login: UpstreamLogin, signal: AbortSignal): Promise<number> {
  try {
    return (await authenticate(channel, login, afterEarlyPassword, signal)).protocolVersion;
  } catch (error) {
    if (!isMisunderstood(error)) throw error;
    delete memoryOf(login.target).takesPassword;
    throw new NotAsExpected();
  }
}

/** A server or a pooler that does not expect the message says 08P01, or just hangs up. */
function isMisunderstood(error: unknown): boolean {
  if (error instanceof NotAsExpected || error instanceof ConnectionLost) return true;
  return error instanceof GprxyError && error.sqlState === SqlState.ProtocolViolation;
}

/** Poolers that know 3.0 alone hang up on what is newer, where a server would negotiate (Odyssey before July 2026). */
function isUnknownVersion(error: unknown, protocolVersion: number): boolean {
  return error instanceof ConnectionLost && protocolVersion > PROTOCOL_3_0;
}

/** Answers authentication requests up to AuthenticationOk. */
async function authenticate(
  channel: MessageChannel,
  login: UpstreamLogin,
  first: AuthenticationStep,
  signal: AbortSignal,
): Promise<Authenticated> {
  let { protocolVersion } = login;
  let step = first;
  const asked: string[] = [];
  for (let count = 0; count < MAX_LOGIN_MESSAGES; count++) {
    const { challenge } = step;
    const message = await readLoginMessage(channel, MAX_EARLY_ERROR_BYTES, signal).catch((error: unknown) => {
      throw count === 0 && isUnknownVersion(error, protocolVersion)
        ? new NotAsExpected(PROTOCOL_3_0)
        : withChallenge(error, challenge);
    });
    if (message.type === MessageType.NegotiateProtocolVersion) {
      protocolVersion = Math.min(protocolVersion, decodeNegotiateProtocolVersion(message.body).protocolVersion);
    } else if (message.type === MessageType.Authentication) {
      if (message.body.length > MAX_AUTHENTICATION_REQUEST_BYTES)
        throw new ProtocolError('authentication request too long');
      const request = decodeAuthentication(message.body);
      if (request.kind === 'Ok' && step.mayEnd) return { protocolVersion, asked };
      asked.push(request.kind);
      const { reply, next } = await step.answer(request, signal);
      if (reply.length > 0) channel.write(reply);
      step = next;
    } else if (message.type !== MessageType.NoticeResponse) {
      throw unexpectedFromUpstream(message);
    }
  }
  throw new ProtocolError('the upstream never finished the authentication');
}

/** The server's ErrorResponse says only that it refuses; where it wants a token from, it has said before. */
function withChallenge(error: unknown, challenge: AuthenticationStep['challenge']): unknown {
  if (challenge === undefined || !(error instanceof UpstreamError) || error.response === undefined) return error;
  const { code, sqlState, response } = error;
  return new UpstreamError(error.message, { code, sqlState, response, challenge });
}

function lineOf({ socket }: MessageChannel, { tls }: UpstreamTarget): UpstreamLine {
  return {
    verified: isVerified(tls),
    // To take a certificate apart costs more than most logins need: only SCRAM asks for it.
    get certificate() {
      return peerCertificate(socket);
    },
  };
}
