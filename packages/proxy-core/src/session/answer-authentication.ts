import { ProtocolError, SqlState, UpstreamError } from '../errors.ts';
import { tlsServerEndPoint } from '../sasl/channel-binding.ts';
import {
  encodeOAuthBearerAbort,
  encodeOAuthBearerInitialResponse,
  type OAuthBearerError,
  parseOAuthBearerError,
} from '../sasl/oauthbearer-client.ts';
import { ScramSha256Client } from '../sasl/scram-client.ts';
import type { AuthenticationRequest } from '../wire/authentication-messages.ts';
import { encodePasswordMessage, encodeSASLInitialResponse, encodeSASLResponse } from '../wire/frontend-messages.ts';

/** What may be shown to an upstream, and nothing else ever is. */
export type UpstreamCredential =
  /** A bearer token: as OAUTHBEARER or as a cleartext password, whichever is asked for, over verified TLS only. */
  | { readonly kind: 'token'; getToken(signal: AbortSignal): Promise<string> }
  /** A password: by SCRAM-SHA-256; in clear over verified TLS only. */
  | { readonly kind: 'password'; readonly password: string }
  /** The TLS client certificate said it all: every request for more is an error. */
  | { readonly kind: 'certificate' };

/** One step of the exchange: how the next request is answered, and whether AuthenticationOk may come instead. */
export interface AuthenticationStep {
  readonly mayEnd: boolean;
  /** The token was refused, in these words; an ErrorResponse follows. */
  readonly challenge?: OAuthBearerError;
  answer(request: AuthenticationRequest, signal: AbortSignal): Promise<{ reply: Buffer; next: AuthenticationStep }>;
}

/** What the line to an upstream is worth. */
export interface UpstreamLine {
  /** TLS has shown that the upstream is the one that is meant. */
  readonly verified: boolean;
  /** The upstream's certificate, DER; absent without TLS. */
  readonly certificate: Buffer | undefined;
}

/**
 * The first step towards an upstream. A request that the credential does not fit is refused before a byte of it leaves (UpstreamError).
 */
export function startAuthentication(credential: UpstreamCredential, line: UpstreamLine): AuthenticationStep {
  return {
    mayEnd: true,
    async answer(request, signal) {
      const offers = (mechanism: string) => request.kind === 'SASL' && request.mechanisms.includes(mechanism);
      if (credential.kind === 'password' && offers('SCRAM-SHA-256')) {
        return startScram(credential.password, offers('SCRAM-SHA-256-PLUS'), line.certificate);
      }
      if (credential.kind === 'certificate')
        throw unacceptable(request, 'only the client certificate may be used there');
      if (!line.verified) throw unacceptable(request, 'its TLS certificate is not verified');
      if (request.kind === 'CleartextPassword') {
        const secret = credential.kind === 'token' ? await credential.getToken(signal) : credential.password;
        return { reply: encodePasswordMessage(secret), next: finished };
      }
      if (credential.kind === 'token' && offers('OAUTHBEARER')) {
        const data = encodeOAuthBearerInitialResponse(await credential.getToken(signal));
        return { reply: encodeSASLInitialResponse('OAUTHBEARER', data), next: afterToken };
      }
      throw unacceptable(request, `a ${credential.kind} is never sent that way`);
    },
  };
}

export const finished: AuthenticationStep = {
  mayEnd: true,
  answer(request) {
    throw new ProtocolError(`the upstream asked for ${request.kind} after the authentication was complete`);
  },
};

/** RFC 7628 3.2.3: a refusal comes as a challenge, is acknowledged with one 0x01, and an ErrorResponse follows. */
const afterToken: AuthenticationStep = {
  mayEnd: true,
  async answer(request) {
    if (request.kind !== 'SASLContinue') return finished.answer(request, AbortSignal.abort());
    const challenge = parseOAuthBearerError(request.data);
    return { reply: encodeSASLResponse(encodeOAuthBearerAbort()), next: { ...finished, mayEnd: false, challenge } };
  },
};

/**
 * RFC 5802, bound to the TLS certificate where both sides can, and with AuthenticationOk accepted only once the server
 * has proved that it knows the password too. The `y` flag tells a server that does offer binding that somebody on the
 * way has taken its offer out.
 */
function startScram(
  password: string,
  offersBinding: boolean,
  certificate: Buffer | undefined,
): { reply: Buffer; next: AuthenticationStep } {
  const endPoint = certificate && tlsServerEndPoint(certificate);
  const channelBinding = endPoint && (offersBinding ? endPoint : 'not-offered');
  const scram = new ScramSha256Client({ password, ...(channelBinding && { channelBinding }) });
  const mechanism = endPoint && offersBinding ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
  const afterFinalMessage: AuthenticationStep = {
    mayEnd: false,
    async answer(request) {
      if (request.kind !== 'SASLFinal') throw skippedStep();
      scram.verify(request.data);
      return { reply: Buffer.alloc(0), next: finished };
    },
  };
  const afterFirstMessage: AuthenticationStep = {
    mayEnd: false,
    async answer(request) {
      if (request.kind !== 'SASLContinue') throw skippedStep();
      return { reply: encodeSASLResponse(await scram.finalMessage(request.data)), next: afterFinalMessage };
    },
  };
  return { reply: encodeSASLInitialResponse(mechanism, scram.firstMessage()), next: afterFirstMessage };
}

function skippedStep(): ProtocolError {
  return new ProtocolError('the upstream skipped a step of SCRAM-SHA-256');
}

function unacceptable(request: AuthenticationRequest, why: string): UpstreamError {
  const asked = request.kind === 'SASL' ? `SASL (${request.mechanisms.join(', ')})` : request.kind;
  const name = request.kind === 'Unsupported' ? request.name : asked;
  return new UpstreamError(`the upstream asked for ${name} authentication, which is refused: ${why}`, {
    code: 'ERR_UPSTREAM_AUTHENTICATION',
    sqlState: SqlState.InvalidAuthorization,
    detail: 'No credential was sent.',
    hint: 'Check that the upstream is the right server and how it authenticates this user.',
  });
}
