import type { FoundClaim } from '../lock/lock-file.ts';
import type { LoginNews } from './login-files.ts';

/** Nothing to show after this time: whoever holds the turn has met its end, or the provider's time limits. */
const silentMs = 120_000;
/** After its page or code expired, a login has this long to say how it ended. */
const graceMs = 60_000;

/** How long after its claim a login can be under way, where nobody can look at its process (another machine, Windows). */
export function lifetimeMs(claim: FoundClaim, news: LoginNews | undefined): number {
  if (news?.prompt === undefined || news.nonce !== claim.nonce) return silentMs;
  return Math.max(silentMs, news.prompt.expiresAt + graceMs - claim.writtenAtMs);
}
