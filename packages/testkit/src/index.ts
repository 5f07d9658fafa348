export { createCanary, disguisesOf, tracesOf } from './canary.ts';
export {
  type CertificateAuthority,
  type CertificateRequest,
  createCertificateAuthority,
  type IssuedCertificate,
} from './certificates.ts';
export { awsCredentials, startAwsContainerCredentials } from './clouds/aws.ts';
export {
  azureApplication,
  azureTokenLifeSeconds,
  startAzureAuthority,
  startAzureManagedIdentity,
} from './clouds/azure.ts';
export { googleAccount, googleToken, startGoogleFederation, startGoogleMetadata } from './clouds/google.ts';
export { startGoogleApis } from './clouds/google-apis.ts';
export { type DistantPort, startDistantPort } from './distance/distant-port.ts';
export { freePort } from './free-port.ts';
export type { TestHop } from './hops/hop.ts';
export { startHttpProxy } from './hops/http-proxy.ts';
export { type PgBouncerOptions, startPgBouncer } from './hops/pgbouncer.ts';
export { startSocksProxy } from './hops/socks-proxy.ts';
export { startSshAgent, type TestSshAgent } from './hops/ssh-agent.ts';
export { startSshServer, type TestSshServer } from './hops/ssh-server.ts';
export { has, programs } from './installed-programs.ts';
export { leash, leaveTask } from './janitor.ts';
export { type Keyring, startKeyring } from './keyring.ts';
export { type NotificationDesktop, startNotificationDesktop } from './notification-desktop.ts';
export type { OdysseyRule } from './odyssey/rule.ts';
export { startOdyssey, type TestOdyssey } from './odyssey/start-odyssey.ts';
export type { Endpoint } from './oidc/endpoints.ts';
export type { CannedResponse } from './oidc/front-door.ts';
export { approveDevice, denyDevice, type PersonOptions, signInAtBrowser } from './oidc/person.ts';
export type { SignWith } from './oidc/sign-token.ts';
export type { SigningAlgorithm, SigningKey } from './oidc/signing-keys.ts';
export { CI_SECRET, type OidcProviderOptions, startOidcProvider } from './oidc/start-oidc-provider.ts';
export type { TestProvider } from './oidc/test-provider.ts';
export { alice, bob, mallory, type TestUser, userClaims } from './oidc/users.ts';
export type { PostgresVersion } from './postgres/binaries.ts';
export { DEFAULT_HBA, DEFAULT_IDENT } from './postgres/cluster.ts';
export { madeOnce } from './postgres/made-once.ts';
export { startTokenValidator, type TokenValidator } from './postgres/oauth/start-token-validator.ts';
export { type PostgresOptions, startPostgres } from './postgres/start-postgres.ts';
export { startStandby } from './postgres/start-standby.ts';
export type { TestPostgres } from './postgres/test-postgres.ts';
export { type Program, type ProgramEnd, type ProgramOptions, spawnProgram } from './program.ts';
export { RawClient } from './raw-client.ts';
export type { RunningGateway } from './stack/start-gateway.ts';
export { type Stack, type StackOptions, startStack } from './stack/start-stack.ts';
export { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';
