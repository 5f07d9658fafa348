import { isDeepStrictEqual } from 'node:util';
import type { TokenSource } from '@gprxy/credentials';
import type { Profile } from '../config/profile.ts';
import { resolveUpstream, type Upstream } from '../upstream/resolve-upstream.ts';
import type { Surroundings } from './surroundings.ts';

/** A profile that connections can go by. */
export interface PreparedProfile {
  readonly profile: Profile;
  readonly upstream: Upstream;
  readonly tokens: TokenSource;
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
  const upstream = await resolveUpstream(profile, surroundings.readFile, surroundings.log);
  const same = before !== undefined && isDeepStrictEqual(before.profile, profile);
  return { profile, upstream, tokens: same ? before.tokens : await surroundings.tokenSourceFor(profile) };
}
