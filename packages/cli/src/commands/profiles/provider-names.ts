/** A file of its own: the command line is read with this, before any preset is wanted. */
export const providerNames = ['entra', 'auth0', 'okta', 'keycloak', 'google', 'oidc-provider'] as const;
export type ProviderName = (typeof providerNames)[number];
