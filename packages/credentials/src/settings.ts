/** One profile's OpenID provider and client. */
export interface OidcSettings {
  /** https, or http on a loopback host. */
  issuer: string;
  clientId: string;
  /**
   * A file with the secret of a client that has one although it cannot keep it, as Google's desktop applications have. Without it the client
   * is public: `token_endpoint_auth_method` none.
   */
  clientSecretFile?: string;
  /** Sent as `audience` (Auth0 and relatives). */
  audience?: string;
  /** Sent as `resource` (RFC 8707). */
  resource?: string;
  scopes: readonly string[];
  /** From signing in to the end of the login, where the provider does not say it with each token. */
  loginLifetimeMs?: number;
  /** Loopback URL that the browser comes back to, as registered; default `http://127.0.0.1/callback` at any free port. */
  redirectUri?: string;
  /** Informative here: `CredentialDependencies.fetch` is what trusts it (`createFetch({ caFile })`). */
  caFile?: string;
}
