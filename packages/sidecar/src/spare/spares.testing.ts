import type { AnyUpstreamLogin, UpstreamSession } from '@gprxy/proxy-core';
import { onTestFinished, vi } from 'vitest';
import { silentLog } from '../log/log.ts';
import { loginOf, startFakeUpstream } from './fake-upstream.testing.ts';
import type { WantedSession } from './spare-key.ts';
import { Spares, type SparesOptions } from './spares.ts';

export const NOW = Date.UTC(2030, 0, 1);
export const never = new AbortController().signal;

export const wanted = (parameters: Record<string, string> = {}, given: Partial<WantedSession> = {}): WantedSession => ({
  login: loginOf(parameters),
  secret: 'token',
  expiresAt: NOW + 3_600_000,
  ...given,
});

/** The spares of one profile, whose work that can wait is done when the test says so. */
export async function startSpares(given: Partial<SparesOptions> = {}) {
  const upstream = await startFakeUpstream();
  const clock = { now: NOW };
  const login = vi.fn((_login: AnyUpstreamLogin): Promise<UpstreamSession> => upstream.login());
  const work: Array<() => Promise<void>> = [];
  const soon = (each: () => Promise<void>) => void work.push(each);
  const options = { profile: 'prod', isOn: true, log: silentLog, now: () => clock.now, login, soon };
  const spares = new Spares({ ...options, ...given });
  onTestFinished(() => spares.close('the test is over'));
  const pidOf = async (want = wanted()) => (await spares.open(want, never)).backendKey?.pid;
  /** Lets it do what it wants to do soon. */
  const rest = async () => void (await Promise.all(work.splice(0).map((each) => each())));
  const openAndRest = async (want?: WantedSession) => {
    const pid = await pidOf(want);
    await rest();
    return pid;
  };
  return { upstream, clock, login, spares, pidOf, rest, openAndRest };
}
