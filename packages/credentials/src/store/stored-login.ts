import * as v from 'valibot';
import { CredentialError } from '../errors.ts';
import { runLogin } from '../hints.ts';
import type { Identity } from '../token-source.ts';

/** What one login leaves behind. Times are epoch ms, wall clock. */
export interface StoredLogin {
  version: 1;
  /** As the profile spells it, and as discovery verified it: the only place that the refresh token is ever sent to. */
  issuer: string;
  clientId: string;
  subject: string;
  email?: string;
  name?: string;
  accessToken: string;
  expiresAt: number;
  refreshToken?: string;
  scope?: string;
  claims: Record<string, unknown>;
}

const storedLogin = v.object({
  version: v.literal(1),
  issuer: v.string(),
  clientId: v.string(),
  subject: v.string(),
  email: v.exactOptional(v.string()),
  name: v.exactOptional(v.string()),
  accessToken: v.pipe(v.string(), v.minLength(1)),
  expiresAt: v.number(),
  refreshToken: v.exactOptional(v.string()),
  scope: v.exactOptional(v.string()),
  claims: v.record(v.string(), v.unknown()),
});

export function serializeLogin(login: StoredLogin): string {
  return JSON.stringify(login);
}

/**
 * @throws CredentialError `ERR_LOGIN_NEEDED` without a cause: the messages of JSON.parse and valibot quote what they
 * choke on, and that is a token here.
 */
export function parseLogin(text: string, account: string): StoredLogin {
  const login = v.safeParse(storedLogin, parseJson(text));
  if (login.success) return login.output;
  throw new CredentialError('ERR_LOGIN_NEEDED', `the stored login of profile ${account} is damaged`, {
    hint: runLogin(account),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function identityOf(login: StoredLogin): Identity {
  return {
    issuer: typeof login.claims.iss === 'string' ? login.claims.iss : login.issuer,
    subject: login.subject,
    ...(login.email !== undefined && { email: login.email }),
    ...(login.name !== undefined && { name: login.name }),
    claims: login.claims,
  };
}
