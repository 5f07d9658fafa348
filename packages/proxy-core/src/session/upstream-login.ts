import { type GprxyError, ProtocolError, SqlState, UpstreamError } from '../errors.ts';
import { decodeBackendKeyData, decodeParameterStatus } from '../wire/backend-messages.ts';
import type { BackendKey } from '../wire/cancel-key.ts';
import { MessageType } from '../wire/message-type.ts';
import { authenticateUpstream, type UpstreamLogin } from './authenticate-upstream.ts';
import { connectUpstreamSocket, type UpstreamTarget } from './connect-upstream-socket.ts';
import { ConnectionLost } from './connection-errors.ts';
import { connectionIdOf } from './connection-id.ts';
import { withDeadline } from './deadline.ts';
import { NotAsExpected } from './early-password.ts';
import { MAX_LOGIN_MESSAGES, readLoginMessage, unexpectedFromUpstream } from './login-message.ts';
import { MessageChannel } from './message-channel.ts';
import { memoryOf } from './upstream-memory.ts';

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
  /** See connectionIdOf(); absent without TLS. */
  readonly connectionId?: string | undefined;
}

/** Of all messages between AuthenticationOk and ReadyForQuery: they are kept for the client, and with a spare session for minutes. */
const MAX_LOGIN_BYTES = 1 << 20;

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
    (signal) => loginTwiceAtMost(login, signal),
  );
}

async function loginTwiceAtMost(login: UpstreamLogin, signal: AbortSignal): Promise<UpstreamSession> {
  const memory = memoryOf(login.target);
  const protocolVersion = memory.onlyVersion ?? login.protocolVersion;
  try {
    return await connectAndLogin({ ...login, protocolVersion }, signal);
  } catch (error) {
    if (!(error instanceof NotAsExpected)) throw error;
    const session = await connectAndLogin(
      { ...login, protocolVersion: error.protocolVersion ?? protocolVersion },
      signal,
    );
    if (error.protocolVersion !== undefined) memory.onlyVersion = error.protocolVersion;
    return session;
  }
}

async function connectAndLogin(login: UpstreamLogin, signal: AbortSignal): Promise<UpstreamSession> {
  const { target } = login;
  const socket = await connectUpstreamSocket(target, signal);
  const channel = new MessageChannel(socket);
  const connectionId = connectionIdOf(socket);
  login.onConnected?.(connectionId);
  try {
    const protocolVersion = await authenticateUpstream(channel, login, signal);
    const ready = await readUntilReady(channel, signal);
    return { channel, target, protocolVersion, connectionId, ...ready };
  } catch (error) {
    socket.destroy();
    throw error instanceof ConnectionLost ? closedEarly(target, error) : error;
  }
}

async function readUntilReady(channel: MessageChannel, signal: AbortSignal) {
  let backendKey: BackendKey | undefined;
  const loginMessages = { beforeKey: [] as Buffer[], afterKey: [] as Buffer[] };
  let messages = loginMessages.beforeKey;
  const parameters = new Map<string, string>();
  let bytesLeft = MAX_LOGIN_BYTES;
  for (let count = 0; count < MAX_LOGIN_MESSAGES; count++) {
    const message = await readLoginMessage(channel, bytesLeft, signal);
    bytesLeft -= message.body.length;
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
