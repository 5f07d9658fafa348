import { cachedTokenSource } from '../cached-token-source.ts';
import { neverExpires, type TokenSource } from '../token-source.ts';
import type { PasswordCredential, SecretPlace } from './credential-settings.ts';
import { readSecret } from './read-secret.ts';
import type { SourceDependencies } from './source-dependencies.ts';
import { unknownLifetimeMs } from './token-from-text.ts';

/** How long a password that a command printed is used again: such commands may ask for a fingerprint. */
const commandMemoryMs = unknownLifetimeMs;

/** A password of PostgreSQL's own in the shape of a token: it tells nothing of anybody, and does not expire. */
export function createPasswordSource({ password }: PasswordCredential, deps: SourceDependencies): TokenSource {
  const read = async (signal: AbortSignal) => ({
    token: await readSecret(password, keyOf(password), deps, signal),
    expiresAt: neverExpires,
    identity: { claims: {} },
  });
  if (password.kind !== 'command') return { getToken: read };
  const remembered = cachedTokenSource({
    request: async (signal) => ({ ...(await read(signal)), expiresAt: deps.now() + commandMemoryMs }),
    now: deps.now,
    random: deps.random ?? Math.random,
  });
  return { getToken: async (signal) => ({ ...(await remembered.getToken(signal)), expiresAt: neverExpires }) };
}

function keyOf({ kind }: SecretPlace): string {
  return kind === 'command' ? 'command' : `password_${kind}`;
}
