export { type AudienceTarget, createAudienceTokenSource } from './audience-token-source.ts';
export {
  type ClientCredentialsSettings,
  type ClientCredentialsSourceOptions,
  createClientCredentialsSource,
} from './client-credentials-source.ts';
export type { CredentialDependencies, Fetch, LogRecord } from './dependencies.ts';
export { CredentialError, type CredentialErrorCode } from './errors.ts';
export { createFetch, type FetchOptions } from './fetch.ts';
export { joinLoginUnderWay, type LoginOptions, login } from './login.ts';
export type { LoginEnd } from './login-end.ts';
export { type LogoutOptions, type LogoutResult, logout } from './logout.ts';
export { requireAudience, settingsFor } from './oidc/audience-parameters.ts';
export type { BrowserHere, LoginFlow } from './oidc/choose-flow.ts';
export { discoverProvider, type ProviderDescription } from './oidc/discover-provider.ts';
export type { BrowserPrompt, DevicePrompt, LoginPrompt } from './oidc/login-prompt.ts';
export { type ClockSkew, measureClockSkew } from './oidc/measure-clock-skew.ts';
export { createOidcTokenSource, type OidcTokenSourceOptions } from './oidc-token-source.ts';
export { quotesSecret } from './quotes-secret.ts';
export type { OidcSettings } from './settings.ts';
export { createTokenSource, type TokenSourceOptions } from './sources/create-token-source.ts';
export type * from './sources/credential-settings.ts';
export { readSecretFile } from './sources/read-secret.ts';
export { createFileStore, type FileStoreOptions } from './store/file-store.ts';
export { createKeychainStore, type KeychainStoreOptions } from './store/keychain-store.ts';
export type { Keytar } from './store/keytar.ts';
export { identityOf, type StoredLogin } from './store/stored-login.ts';
export type { TokenStore } from './store/token-store.ts';
export { type AccessToken, type Identity, neverExpires, type TokenOptions, type TokenSource } from './token-source.ts';
