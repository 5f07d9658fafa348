import type { AccessToken, TokenSource } from '@gprxy/credentials';
import type { Log } from '../log/log.ts';
import type { Profile } from './profile.ts';

const alice: AccessToken = {
  token: 'alices-access-token',
  expiresAt: Date.UTC(2030, 0, 1),
  identity: {
    issuer: 'https://login.example',
    subject: 'u-1',
    email: 'alice@corp.example',
    claims: { sub: 'u-1', preferred_username: 'alice' },
  },
};

export const aliceTokens: TokenSource = { getToken: async () => alice };

/** A profile that nothing is wrong with, but that leads nowhere. */
export function testProfile(given: Partial<Profile> = {}): Profile {
  return {
    name: 'prod',
    upstream: 'postgresql://localhost:1?connect_timeout=2',
    listen: [{ host: '127.0.0.1', port: 0 }],
    localAuth: 'same-user',
    user: '{email}',
    credential: {
      kind: 'oidc',
      login: 'auto',
      issuer: 'https://login.example',
      clientId: 'gprxy-cli',
      scopes: ['openid', 'email'],
    },
    drainTimeoutMs: 1_000,
    maxConnections: 50,
    warm: 'off',
    ...given,
  };
}

/** Keeps what is logged: `{ level, message, ...fields }`. */
export function collectLog(): { log: Log; lines: Array<Record<string, unknown>> } {
  const lines: Array<Record<string, unknown>> = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, message, ...fields });
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}
