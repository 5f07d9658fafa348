import { TLSSocket } from 'node:tls';
import { type GprxyError, ProtocolError, SqlState, UpstreamError } from '../errors.ts';
import { decodeAuthentication } from '../wire/authentication-messages.ts';
import {
  decodeBackendKeyData,
  decodeNegotiateProtocolVersion,
  decodeParameterStatus,
} from '../wire/backend-messages.ts';
import type { BackendKey } from '../wire/cancel-key.ts';
import { decodeErrorFields } from '../wire/error-response.ts';
import { MessageType } from '../wire/message-type.ts';
import { encodeStartupMessage } from '../wire/startup-packet.ts';
import {
  type AuthenticationStep,
  startAuthentication,
  type UpstreamCredential,
  type UpstreamLine,
} from './answer-authentication.ts';
import { connectUpstreamSocket, isVerified, type UpstreamTarget } from './connect-upstream-socket.ts';
import { ConnectionLost } from './connection-errors.ts';
import { withDeadline } from './deadline.ts';
import { type Message, MessageChannel } from './message-channel.ts';

export interface UpstreamLogin {
  readonly target: UpstreamTarget;
  /** The version to ask for; the upstream may answer with a lower one. */
  readonly protocolVersion: number;
  readonly parameters: Iterable<readonly [string, string]>;
  readonly credential: UpstreamCredential;
}

/** A login event trigger may speak behind BackendKeyData. */
export interface LoginMessages {
  readonly beforeKey: readonly Buffer[];
  readonly afterKey: readonly Buffer[];
}

/** A server connection that is ready for its first query. */
export interface UpstreamSession {
  readonly channel: MessageChannel;
  readonly target: UpstreamTarget;
  readonly protocolVersion: number;
  readonly backendKey: BackendKey | undefined;
  /** ParameterStatus, NoticeResponse and NotificationResponse of the login as they came, for the client that is attached to this backend. */
  readonly loginMessages: LoginMessages;
  readonly parameters: ReadonlyMap<string, string>;
}

// libpq's own limits for what comes before authentication is complete.
const MAX_AUTHENTICATION_REQUEST_BYTES = 2_000;
const MAX_EARLY_ERROR_BYTES = 30_000;
const MAX_LOGIN_MESSAGE_BYTES = 1 << 20;
const MAX_LOGIN_MESSAGES = 1_000;

/**
 * Connects, authenticates and reads up to the first ReadyForQuery.
 * Errors: UpstreamError; with `response` when the upstream itself said why.
 */
export function loginUpstream(login: UpstreamLogin, signal: AbortSignal): Promise<UpstreamSession> {
  const { target } = login;
  return withDeadline(
    signal,
    target.connectTimeoutMs,
    () => timedOut(target),
    async (signal) => {
      const socket = await connectUpstreamSocket(target, signal);
      const channel = new MessageChannel(socket);
      try {
        channel.write(encodeStartupMessage(login.protocolVersion, login.parameters));
        const protocolVersion = await authenticate(channel, login, signal);
        const ready = await readUntilReady(channel, signal);
        return { channel, target, protocolVersion, ...ready };
      } catch (error) {
        socket.destroy();
        throw error instanceof ConnectionLost ? closedEarly(target, error) : error;
      }
    },
  );
}

/** Answers authentication requests up to AuthenticationOk; returns the protocol version agreed on. */
async function authenticate(channel: MessageChannel, login: UpstreamLogin, signal: AbortSignal): Promise<number> {
  let { protocolVersion } = login;
  let step: AuthenticationStep = startAuthentication(login.credential, lineOf(channel, login.target));
  for (let count = 0; count < MAX_LOGIN_MESSAGES; count++) {
    const message = await readLoginMessage(channel, MAX_EARLY_ERROR_BYTES, signal);
    if (message.type === MessageType.NegotiateProtocolVersion) {
      protocolVersion = Math.min(protocolVersion, decodeNegotiateProtocolVersion(message.body).protocolVersion);
    } else if (message.type === MessageType.Authentication) {
      if (message.body.length > MAX_AUTHENTICATION_REQUEST_BYTES)
        throw new ProtocolError('authentication request too long');
      const request = decodeAuthentication(message.body);
      if (request.kind === 'Ok' && step.mayEnd) return protocolVersion;
      const { reply, next } = await step.answer(request, signal);
      if (reply.length > 0) channel.write(reply);
      step = next;
    } else if (message.type !== MessageType.NoticeResponse) {
      throw unexpectedFromUpstream(message);
    }
  }
  throw new ProtocolError('the upstream never finished the authentication');
}

function lineOf({ socket }: MessageChannel, { tls }: UpstreamTarget): UpstreamLine {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined;
  return { verified: isVerified(tls), certificate };
}

async function readUntilReady(channel: MessageChannel, signal: AbortSignal) {
  let backendKey: BackendKey | undefined;
  const loginMessages = { beforeKey: [] as Buffer[], afterKey: [] as Buffer[] };
  let messages = loginMessages.beforeKey;
  const parameters = new Map<string, string>();
  for (let count = 0; count < MAX_LOGIN_MESSAGES; count++) {
    const message = await readLoginMessage(channel, MAX_LOGIN_MESSAGE_BYTES, signal);
    switch (message.type) {
      case MessageType.ParameterStatus: {
        const { name, value } = decodeParameterStatus(message.body);
        parameters.set(name, value);
        messages.push(message.frame);
        break;
      }
      case MessageType.NoticeResponse:
      case MessageType.NotificationResponse:
        messages.push(message.frame);
        break;
      case MessageType.BackendKeyData:
        backendKey = decodeBackendKeyData(message.body);
        messages = loginMessages.afterKey;
        break;
      case MessageType.ReadyForQuery:
        return { backendKey, loginMessages, parameters };
      default:
        throw unexpectedFromUpstream(message);
    }
  }
  throw new ProtocolError('the upstream never became ready for a query');
}

/** The next message of the login; an ErrorResponse ends it with the server's own words. */
async function readLoginMessage(channel: MessageChannel, maxBytes: number, signal: AbortSignal): Promise<Message> {
  const message = await channel.readMessage(signal, maxBytes);
  if (message.type !== MessageType.ErrorResponse) return message;
  const response = decodeErrorFields(message.body);
  throw new UpstreamError(`the upstream refused the login: ${response.message}`, {
    code: 'ERR_UPSTREAM_REFUSED',
    ...(response.code === undefined ? {} : { sqlState: response.code }),
    response,
  });
}

function unexpectedFromUpstream(message: Message): ProtocolError {
  return new ProtocolError(`unexpected message type 0x${message.type.toString(16)} from the upstream during login`);
}

function timedOut(target: UpstreamTarget): GprxyError {
  return new UpstreamError(`no login to ${target.host}:${target.port} within ${target.connectTimeoutMs} ms`, {
    code: 'ERR_UPSTREAM_TIMEOUT',
    sqlState: SqlState.CannotEstablish,
    hint: 'Check that the upstream is running and reachable from here.',
  });
}

function closedEarly(target: UpstreamTarget, cause: Error): UpstreamError {
  return new UpstreamError(`${target.host}:${target.port} closed the connection during the login`, {
    code: 'ERR_UPSTREAM_CLOSED',
    sqlState: SqlState.ConnectionFailure,
    hint: 'Its log says why; a server that does not speak this protocol or TLS there closes without a word.',
    cause,
  });
}
