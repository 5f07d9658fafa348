import { startOidcProvider } from '@gprxy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exampleLogin, MemoryStore, neverAborts, settingsFor, testDependencies } from './dependencies.testing.ts';
import { loginEndOf, refreshLife } from './login-end.ts';
import { createOidcTokenSource } from './oidc-token-source.ts';

const hourMs = 3_600_000;
const now = Date.UTC(2030, 0, 1);
const fresh = { refresh_token: 'new' };

describe('when a login ends', () => {
  it.each([
    ['Keycloak', { refresh_expires_in: 1_800 }, 1_800_000],
    ['Azure AD B2C', { refresh_token_expires_in: 86_400 }, 24 * hourMs],
  ])('is known from what %s says', (_provider, said, lifeMs) => {
    const life = refreshLife({ ...fresh, ...said }, now);
    expect(life).toEqual({ signedInAt: now, refreshEndsAt: now + lifeMs, refreshLifeMs: lifeMs });
    expect(loginEndOf(exampleLogin(life))).toEqual({ at: now + lifeMs, since: now, lifeMs });
  });

  it.each([
    ['nothing', {}],
    ['0, which is "never"', { refresh_expires_in: 0 }],
    ['something else than a number', { refresh_expires_in: '1800' }],
  ])('is not known from %s', (_what, said) => {
    expect(loginEndOf(exampleLogin(refreshLife({ ...fresh, ...said }, now)))).toBeUndefined();
  });

  it('is later after each refresh where the provider ends idle logins only, counted from the same sign-in', () => {
    const first = exampleLogin(refreshLife({ ...fresh, refresh_expires_in: 1_800 }, now));
    const second = exampleLogin(refreshLife({ ...fresh, refresh_expires_in: 600 }, now + hourMs, first));
    expect(loginEndOf(second)).toEqual({ at: now + hourMs + 600_000, since: now, lifeMs: 1_800_000 });
  });

  it('stays as it was while the refresh token stays, and is not guessed for a new one', () => {
    const first = exampleLogin(refreshLife({ ...fresh, refresh_expires_in: 1_800 }, now));
    expect(refreshLife({}, now + 60_000, first).refreshEndsAt).toBe(now + 1_800_000);
    expect(refreshLife(fresh, now + 60_000, first).refreshEndsAt).toBeUndefined();
  });

  it('is what the profile says, unless the provider ends it earlier', () => {
    const login = exampleLogin(refreshLife({ ...fresh, refresh_expires_in: 7_200 }, now));
    expect(loginEndOf(login, hourMs)).toEqual({ at: now + hourMs, since: now, lifeMs: hourMs });
    expect(loginEndOf(login, 10 * hourMs)?.at).toBe(now + 2 * hourMs);
  });

  it('is not known of a login that an earlier version has kept', () => {
    expect(loginEndOf(exampleLogin(), hourMs)).toBeUndefined();
  });
});

it('comes with each token', async () => {
  const provider = await startOidcProvider();
  onTestFinished(() => provider.stop());
  const deps = testDependencies();
  const settings = { ...settingsFor(provider), loginLifetimeMs: hourMs };
  const store = new MemoryStore();
  const kept = exampleLogin({ issuer: settings.issuer, expiresAt: deps.now() + hourMs, signedInAt: deps.now() });
  store.logins.set('prod', kept);
  const source = createOidcTokenSource({ settings, store, account: 'prod', deps });
  const { loginEnd } = await source.getToken(neverAborts);
  expect(loginEnd).toEqual({ at: deps.now() + hourMs, since: deps.now(), lifeMs: hourMs });
});
