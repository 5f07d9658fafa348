import {
  authenticationCleartextPassword,
  type ClientConnection,
  decodePasswordMessage,
  decodeSASLInitialResponse,
  encodeAuthenticationSASL,
  encodeAuthenticationSASLContinue,
  GprxyError,
  MAX_AUTHENTICATION_BYTES,
  MessageType,
  ProtocolError,
  parseOAuthBearerInitialResponse,
  SqlState,
} from '@gprxy/proxy-core';
import type { AuthMethod } from './config.ts';

/** Finds out who a token is for. Errors: GprxyError, 28P01 or 28000. */
export type VerifyToken<Who> = (token: string) => Promise<Who>;

const OAUTHBEARER = 'OAUTHBEARER';
/** RFC 7628, 3.2.3: the client's acknowledgement of a refusal. */
const ACKNOWLEDGEMENT = Buffer.from([0x01]);

/** The first method of `offered`, unless the client asked for another one of them. Errors: 28000. */
export function chooseMethod(offered: readonly AuthMethod[], wanted: string | undefined): AuthMethod {
  const method = wanted === undefined ? offered[0] : offered.find((name) => name === wanted);
  if (method !== undefined) return method;
  throw new GprxyError('the gateway does not offer this way to authenticate', {
    code: 'ERR_AUTH_METHOD',
    sqlState: SqlState.InvalidAuthorization,
    hint: `gprxy.auth may be: ${offered.join(', ')}.`,
  });
}

/** Asks for a token, and verifies it: the whole of the authentication of a client, up to AuthenticationOk. */
export function authenticateClient<Who>(
  connection: ClientConnection,
  method: AuthMethod,
  challenge: Buffer,
  verify: VerifyToken<Who>,
  signal: AbortSignal,
): Promise<Who> {
  if (method === 'password') return authenticateByPassword(connection, verify, signal);
  return authenticateByOAuthBearer(connection, challenge, verify, signal);
}

/** The token as a cleartext password; the session path has made sure that the line is encrypted. */
async function authenticateByPassword<Who>(
  { channel }: ClientConnection,
  verify: VerifyToken<Who>,
  signal: AbortSignal,
): Promise<Who> {
  channel.write(authenticationCleartextPassword);
  const { body } = await channel.readMessage(signal, MAX_AUTHENTICATION_BYTES, MessageType.PasswordMessage);
  const token = decodePasswordMessage(body);
  if (token === '') throw emptyPassword();
  return verify(token);
}

/** SASL OAUTHBEARER (RFC 7628), step by step as PostgreSQL 18 does it. `challenge` tells where tokens come from. */
async function authenticateByOAuthBearer<Who>(
  connection: ClientConnection,
  challenge: Buffer,
  verify: VerifyToken<Who>,
  signal: AbortSignal,
): Promise<Who> {
  const { channel } = connection;
  channel.write(encodeAuthenticationSASL([OAUTHBEARER]));
  const { token, problem } = parseOAuthBearerInitialResponse(await readInitialResponse(connection, signal));
  try {
    // An empty token is discovery: the client only asks where to get one.
    if (token === '') throw notSignedIn(problem);
    return await verify(token);
  } catch (error) {
    channel.write(encodeAuthenticationSASLContinue(challenge));
    const { body } = await channel.readMessage(signal, MAX_AUTHENTICATION_BYTES, MessageType.PasswordMessage);
    if (!body.equals(ACKNOWLEDGEMENT)) throw new ProtocolError('malformed OAUTHBEARER message', { cause: error });
    throw error;
  }
}

async function readInitialResponse({ channel }: ClientConnection, signal: AbortSignal): Promise<Buffer> {
  const read = () => channel.readMessage(signal, MAX_AUTHENTICATION_BYTES, MessageType.PasswordMessage);
  const { mechanism, data } = decodeSASLInitialResponse((await read()).body);
  if (mechanism !== OAUTHBEARER) throw new ProtocolError('client selected an invalid SASL authentication mechanism');
  if (data) return data;
  // RFC 4422, 5.1: a client that sent no initial response is asked for it by an empty challenge.
  channel.write(encodeAuthenticationSASLContinue(Buffer.alloc(0)));
  return (await read()).body;
}

function emptyPassword(): GprxyError {
  return new GprxyError('empty password returned by client', {
    code: 'ERR_TOKEN_MISSING',
    sqlState: SqlState.InvalidPassword,
    hint: 'The password is your token: connect through "gprxy start", or paste what "gprxy get-token" prints.',
  });
}

function notSignedIn(problem: string | undefined): GprxyError {
  return new GprxyError(problem ?? 'the client asked where to sign in and sent no token', {
    code: 'ERR_TOKEN_MISSING',
    sqlState: SqlState.InvalidAuthorization,
    clientMessage: 'OAuth bearer authentication failed: no token was sent',
    hint: 'Sign in with "gprxy login", and connect through "gprxy start".',
  });
}
