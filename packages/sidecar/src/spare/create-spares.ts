import type { TokenSource } from '@gprxy/credentials';
import { loginAnyUpstream } from '@gprxy/proxy-core';
import type { Profile } from '../config/profile.ts';
import type { Log } from '../log/log.ts';
import { currentSecret } from './current-secret.ts';
import { Spares } from './spares.ts';

/** Before a spare session is opened: the client that has just come is served first. */
const BREATH_MS = 50;

/** Of a profile as it was read this time: whoever reads it anew closes the former ones. */
export function createSpares(profile: Profile, tokens: TokenSource, log: Log): Spares {
  return new Spares({
    profile: profile.name,
    isOn: profile.warm === 'auto',
    log,
    now: Date.now,
    login: loginAnyUpstream,
    soon: (work) => void setTimeout(() => void work(), BREATH_MS).unref(),
    // A login can be left. The other sources would run a command or read a secret for nothing.
    ...(profile.credential.kind === 'oidc' && { currentSecret: () => currentSecret(tokens) }),
  });
}
