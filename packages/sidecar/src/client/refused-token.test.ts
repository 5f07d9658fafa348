import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testProfile } from '../config/profile.testing.ts';
import { refusedToken } from './refused-token.ts';

const profile = testProfile();
const { credential } = profile;
const own = credential.kind === 'oidc' ? credential : undefined;
const at = (issuer = own?.issuer) => ({
  status: 'invalid_token',
  openidConfiguration: `${issuer}/.well-known/openid-configuration`,
});

/** What a server may make us show, quotation marks of every shell, and now and then anything at all. */
const words = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.string({ unit: fc.constantFrom(...'ab:/.~-_$`;&|<>(){}*!# \'"\\\n\x1b'), maxLength: 12 }),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);

describe('a token that a server refused by OAUTHBEARER', () => {
  it('is told of in the words of the server, which name the issuer and the scope that it wants', () => {
    const { detail, hint } = refusedToken({ ...at(), scope: own?.scopes.join(' ') ?? '' }, profile);
    expect(detail).toBe(
      `The server said "invalid_token" of the token; it takes tokens of ${own?.issuer} for scope "${own?.scopes.join(' ')}".`,
    );
    expect(hint).toMatch(/gprxy whoami --profile prod.*gprxy login --profile prod/);
  });

  it('of another issuer: the hint names both, and leaves it to the person', () => {
    const { hint } = refusedToken(at('https://other.example'), profile);
    expect(hint).toBe(
      `Profile "prod" signs in at ${own?.issuer}. If the server is right, run "gprxy login --profile prod --issuer https://other.example".`,
    );
  });

  it('without a scope that is wanted: the hint asks for it as well', () => {
    const { hint } = refusedToken({ ...at(), scope: `${own?.scopes[0]} db.read` }, profile);
    expect(hint).toMatch(/does not ask for db\.read: run "gprxy login --profile prod .*--scope db\.read"\.$/);
  });

  it('of a server that says no more than that', () => {
    expect(refusedToken({ status: 'insufficient_scope' }, profile).detail).toBe(
      'The server said "insufficient_scope" of the token.',
    );
  });

  it('of another credential than a login: nobody is sent to sign in', () => {
    const { hint } = refusedToken(at('https://other.example'), {
      ...profile,
      credential: { kind: 'file', path: '/x' },
    });
    expect(hint).not.toContain('gprxy login');
  });

  it('shows nothing that could change a terminal or be taken for more than one word of a command', () => {
    fc.assert(
      fc.property(words, words, (scope, status) => {
        const openidConfiguration = `https://x${status}/.well-known/openid-configuration`;
        const { detail, hint } = refusedToken({ status, scope, openidConfiguration }, profile);
        expect(detail + hint).toMatch(/^[\x20-\x7e]*$/);
        expect(hint?.replaceAll('"gprxy', '').replaceAll('".', '')).not.toMatch(/[$`;&|<>\\]/);
      }),
    );
  });
});
