import type { SidecarStatus } from '../control/status.ts';

/** One configured address, or a profile of which none is served as configured. No words about why: other users of the machine may ask. */
export interface ReadinessCheck {
  readonly profile: string;
  readonly address?: string;
  readonly ok: boolean;
}

export interface Readiness {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly checks: readonly ReadinessCheck[];
}

/**
 * Whether every configured address is served, and goes on being so. That nobody has signed in, or that an upstream is down, does not
 * count: to send clients elsewhere would not help them, and they are told what to do. Nor does a file that cannot be read any more,
 * because all is served as before.
 */
export function readinessOf({ state, listeners, problems }: SidecarStatus): Readiness {
  const configured = listeners.filter((listener) => listener.state !== 'draining');
  const addresses = configured.map(({ profile, address, state }) => ({ profile, address, ok: state === 'listening' }));
  const failed = new Set(problems.flatMap(({ profile }) => profile ?? []));
  for (const { profile, ok } of addresses) if (!ok) failed.delete(profile);
  const checks = [...addresses, ...Array.from(failed, (profile) => ({ profile, ok: false }))];
  const draining = state === 'stopping';
  return { ready: state === 'running' && checks.every(({ ok }) => ok), draining, checks };
}
