import type { Identity } from '@gprxy/credentials';
import { describe, expect, it } from 'vitest';
import { userFromTemplate } from './user-template.ts';

const identity: Identity = {
  issuer: 'https://login.example',
  subject: 'u-1',
  email: 'alice@corp.example',
  claims: {
    email: 'other@corp.example',
    preferred_username: 'alice',
    groups: ['a'],
    number: 5,
    empty: '',
    'urn:x/y': 'z',
  },
};

describe('a user name', () => {
  it.each([
    ['{email}', 'alice@corp.example'],
    ['{sub}', 'u-1'],
    ['{preferred_username}', 'alice'],
    ['{urn:x/y}', 'z'],
    ['app_{sub}', 'app_u-1'],
    ['{sub}.{preferred_username}', 'u-1.alice'],
    ['readonly', 'readonly'],
  ])('comes out of %j as %j', (template, user) => {
    expect(userFromTemplate(template, identity, 'prod')).toBe(user);
  });

  it.each([
    ['{name}', {}],
    ['{groups}', {}],
    ['{number}', {}],
    ['{empty}', {}],
    ['{constructor}', {}],
    ['{__proto__}', {}],
    ['{evil}', { evil: 'postgres\0x' }],
    ['{evil}', { evil: 'a\nb' }],
    ['{evil}', { evil: 'a\u009b2Jb' }],
    ['{evil}', { evil: 'a\u2028b' }],
  ])('does not come out of %j', (template, claims) => {
    expect(() =>
      userFromTemplate(template, { ...identity, claims: { ...identity.claims, ...claims } }, 'prod'),
    ).toThrow(
      expect.objectContaining({ sqlState: '28000', code: 'ERR_USER_CLAIM', hint: expect.stringContaining('"prod"') }),
    );
  });

  it('is never made of the text of a claim that looks like a template', () => {
    const claims = { a: '{sub}' };
    expect(userFromTemplate('{a}', { ...identity, claims }, 'prod')).toBe('{sub}');
  });
});

it('of a token that tells nothing has to be in the profile', () => {
  expect(() => userFromTemplate('{email}', { claims: {} }, 'prod')).toThrow(
    expect.objectContaining({
      code: 'ERR_USER_CLAIM',
      hint: expect.stringMatching(/^Set user = "NAME" in profile "prod": its/),
    }),
  );
  expect(userFromTemplate('app_reader', { claims: {} }, 'prod')).toBe('app_reader');
});
