type Claims = Readonly<Record<string, unknown>>;

/**
 * The roles and groups a token claims, as the common providers spell them: `groups` (Okta, Entra, Auth0), `roles` (Entra),
 * `realm_access.roles` (Keycloak). What they are worth, the gateway decides.
 */
export function claimedRoles(claims: Claims): readonly string[] {
  const realm = claims.realm_access;
  const realmRoles = typeof realm === 'object' && realm !== null && 'roles' in realm ? realm.roles : undefined;
  return [...new Set([claims.groups, claims.roles, realmRoles].flatMap(texts))];
}

function texts(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((entry) => typeof entry === 'string');
}
