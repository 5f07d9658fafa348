import { isDeepStrictEqual } from 'node:util';
import type { TokenSource } from '@gprxy/credentials';
import type { Profile } from '../config/profile.ts';
import { SignIn } from '../sign-in/sign-in.ts';
import { createSpares } from '../spare/create-spares.ts';
import type { Spares } from '../spare/spares.ts';
import { resolveUpstream, type Upstream } from '../upstream/resolve-upstream.ts';
import type { Surroundings } from './surroundings.ts';

/** A profile that connections can go by. */
export interface PreparedProfile {
  readonly profile: Profile;
  readonly upstream: Upstream;
  readonly tokens: TokenSource;
  /** Absent: who comes when the login is over is refused. */
  readonly signIn: SignIn | undefined;
  /** Of this profile as it was read this time: whoever prepares it anew closes the former ones. */
  readonly spares: Spares;
}

/**
 * Reads what the profile names. `tokenSourceFor` is called once a profile, and not again as long as that stays the same: its memory and
 * its single flight are what connections share. Certificate files are read anew. Rejects with GprxyError.
 */
export async function prepareProfile(
  profile: Profile,
  surroundings: Surroundings,
  before?: PreparedProfile,
): Promise<PreparedProfile> {
  const { readFile, log, closed } = surroundings;
  const upstream = await resolveUpstream(profile, readFile, log, closed);
  const same = before !== undefined && isDeepStrictEqual(before.profile, profile);
  if (same) return { ...before, upstream, spares: createSpares(profile, before.tokens, log) };
  const tokens = await surroundings.tokenSourceFor(profile);
  const spares = createSpares(profile, tokens, log);
  return { profile, upstream, tokens, spares, signIn: await signInFor(profile, surroundings) };
}

async function signInFor(profile: Profile, surroundings: Surroundings): Promise<SignIn | undefined> {
  const { name, loginOnConnect } = profile;
  const person = loginOnConnect && (await surroundings.personLoginFor?.(profile));
  if (!loginOnConnect || !person) return undefined;
  const { log, closed: signal } = surroundings;
  return new SignIn({ ...loginOnConnect, profile: name, person, now: Date.now, log, signal });
}
