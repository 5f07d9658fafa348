import type { Identity } from '../token-source.ts';

/** What one login leaves behind. Times are epoch ms, wall clock. */
export interface StoredLogin {
  version: 1;
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

export function identityOf(login: StoredLogin): Identity {
  return {
    issuer: login.issuer,
    subject: login.subject,
    ...(login.email !== undefined && { email: login.email }),
    ...(login.name !== undefined && { name: login.name }),
    claims: login.claims,
  };
}
