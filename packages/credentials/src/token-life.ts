import type { StoredLogin } from './store/stored-login.ts';

const wantedTtlMs = 60_000;

/** How long a token must live to be handed out. `usual`: as long as opening a connection may take, or a quarter of a life so short. */
export type WantedLife = number | 'usual';

/**
 * By the wall clock, so that a machine that slept finds its tokens expired. A clock that was set back to before the token was asked for
 * makes it live longer than it does, so that it counts as expired, too.
 */
export function lives(login: StoredLogin, wanted: WantedLife, now: number): boolean {
  const { expiresAt, obtainedAt } = login;
  if (obtainedAt !== undefined && now < obtainedAt - setBackMs) return false;
  const usualMs = obtainedAt === undefined ? wantedTtlMs : Math.min(wantedTtlMs, (expiresAt - obtainedAt) / 4);
  return expiresAt - (wanted === 'usual' ? usualMs : wanted) > now;
}

/** Clocks are corrected by a little all the time. */
const setBackMs = 5_000;
