import { CredentialError, type CredentialErrorCode } from '@gprxy/credentials';
import { GprxyError, SqlState, UpstreamError } from '@gprxy/proxy-core';
import type { Profile } from '../config/profile.ts';
import { poolerHint, refusalHint } from './refusal-hint.ts';
import { refusedToken } from './refused-token.ts';

interface Answer {
  readonly sqlState: string;
  /** The next thing to do; what the error itself advises comes first, except where a command of ours is the way out. */
  hint(profile: string): string;
}

const login: Answer = { sqlState: SqlState.InvalidPassword, hint: (name) => `Run "gprxy login --profile ${name}".` };
const store: Answer = {
  sqlState: SqlState.InvalidAuthorization,
  hint: (name) => `Make the token store usable, or run "gprxy login --profile ${name} --insecure-storage".`,
};

/** What a client is told when there is no token for it. */
const WITHOUT_TOKEN: Readonly<Record<CredentialErrorCode, Answer>> = {
  ERR_LOGIN_NEEDED: login,
  ERR_LOGIN_DENIED: login,
  ERR_LOGIN_EXPIRED: login,
  ERR_PROVIDER_UNREACHABLE: {
    sqlState: SqlState.CannotConnectNow,
    hint: () => 'The login itself may still be good: check the network or the VPN, then connect again.',
  },
  ERR_PROVIDER_REFUSED: {
    sqlState: SqlState.InvalidAuthorization,
    hint: (name) => `Check issuer, client_id and scopes of profile "${name}".`,
  },
  ERR_STORE_ABSENT: store,
  ERR_STORE_LOCKED: {
    sqlState: SqlState.InvalidAuthorization,
    hint: () => 'Unlock the keychain, then connect again.',
  },
  ERR_STORE_FAILED: store,
  ERR_SOURCE_FAILED: {
    sqlState: SqlState.InvalidAuthorization,
    hint: (name) => `Check where profile "${name}" takes its credential from.`,
  },
  ERR_ABORTED: { sqlState: SqlState.CannotConnectNow, hint: () => 'Connect again.' },
};

/** An error of the way to the upstream, as the client shall see it: always with a hint. */
export function toClientError(error: unknown, profile: Profile): unknown {
  if (error instanceof CredentialError) return withoutToken(error, profile.name);
  if (error instanceof UpstreamError && error.response !== undefined) return withHint(error, profile);
  if (error instanceof UpstreamError && error.code === 'ERR_UPSTREAM_TLS') return lookedAtByDoctor(error, profile.name);
  return error;
}

function withoutToken(error: CredentialError, profile: string): GprxyError {
  const answer = WITHOUT_TOKEN[error.code];
  const hint = answer === login ? answer.hint(profile) : (error.hint ?? answer.hint(profile));
  return new GprxyError(error.message, { code: error.code, sqlState: answer.sqlState, hint, cause: error });
}

/** OpenSSL's words say little to most people: the doctor names the certificate, who issued it, and what to change. */
function lookedAtByDoctor(error: UpstreamError, profile: string): UpstreamError {
  const { message, code, sqlState, detail, hint = '' } = error;
  const more = `"gprxy doctor --profile ${profile}" shows more.`;
  return new UpstreamError(message, {
    ...{ code, sqlState, cause: error, hint: hint === '' ? more : `${hint} ${more}` },
    ...(detail !== undefined && { detail }),
  });
}

/** The upstream's own words stay as they are. */
function withHint(error: UpstreamError, profile: Profile): UpstreamError {
  const { code, sqlState, response, challenge } = error;
  if (response === undefined) return error;
  const refused = challenge && refusedToken(challenge, profile);
  const hint = refused?.hint ?? refusalHint(response.code, profile) ?? poolerHint(response, profile);
  const detail = refused?.detail ?? (response.code === SqlState.CannotConnectNow ? saidByUpstream : undefined);
  if (hint === undefined && detail === undefined) return error;
  return new UpstreamError(error.message, {
    ...{ code, sqlState, response, cause: error },
    ...(detail !== undefined && { detail }),
    ...(hint !== undefined && { hint }),
  });
}

/** A gateway that is stopping speaks as the sidecar would of itself: whoever reads it must not look in the wrong place. */
const saidByUpstream = 'The upstream says so: gprxy itself runs on this machine.';
