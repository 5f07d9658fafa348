export interface TestUser {
  /** The name typed at the provider's login page. It is also the `sub`. */
  login: string;
  name: string;
  email: string;
  emailVerified: boolean;
  groups: readonly string[];
  /** More claims for both tokens. A claim of `undefined` is left out. */
  claims?: Readonly<Record<string, unknown>>;
}

export const alice: TestUser = {
  login: 'alice',
  name: 'Alice Example',
  email: 'alice@corp.example',
  emailVerified: true,
  groups: ['data-eng'],
};
export const bob: TestUser = {
  login: 'bob',
  name: 'Bob Example',
  email: 'bob@corp.example',
  emailVerified: true,
  groups: ['analysts'],
};
/** Has a company login, but no group that opens a database. */
export const mallory: TestUser = {
  login: 'mallory',
  name: 'Mallory Example',
  email: 'mallory@corp.example',
  emailVerified: true,
  groups: [],
};

/** The claims about `user` that go into the access token and the ID token. */
export function userClaims(user: TestUser): Record<string, unknown> {
  return {
    name: user.name,
    email: user.email,
    email_verified: user.emailVerified,
    groups: [...user.groups],
    ...user.claims,
  };
}
