import type { AdapterFactory, ClientMetadata, Configuration, JWK } from 'oidc-provider';
import { interactionPath } from './interactions.ts';
import { codePage, confirmPage, messagePage, successPage } from './pages.ts';
import type { SigningAlgorithm } from './signing-keys.ts';
import { type TestUser, userClaims } from './users.ts';

const DAY_SECONDS = 86_400;

export interface ProviderSettings {
  users: readonly TestUser[];
  clients: readonly ClientMetadata[];
  audience: string;
  signingAlgorithm: SigningAlgorithm;
  accessTokenTtlSeconds: number;
  refreshTokenTtlSeconds: number;
  deviceCodeTtlSeconds: number;
  rotateRefreshToken: boolean;
}

/** A native command-line client: public, device flow, refresh, and the browser flow on a loopback port. */
export const publicClient = (clientId: string, alg: SigningAlgorithm): ClientMetadata => ({
  client_id: clientId,
  token_endpoint_auth_method: 'none',
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/callback'],
  response_types: ['code'],
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token', 'authorization_code'],
  id_token_signed_response_alg: alg,
});

export function providerConfiguration(
  settings: ProviderSettings,
  keys: readonly JWK[],
  adapter: AdapterFactory,
): Configuration {
  return {
    adapter,
    clients: [...settings.clients],
    jwks: { keys: [...keys] },
    cookies: { keys: ['of a test provider'] },
    scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
    claims: { profile: ['name'], email: ['email', 'email_verified'], groups: ['groups'] },
    conformIdTokenClaims: false,
    rotateRefreshToken: settings.rotateRefreshToken,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    enabledJWA: { idTokenSigningAlgValues: ['ES256', 'RS256'] },
    interactions: { url: (_ctx, interaction) => interactionPath(interaction.uid) },
    ttl: lifetimes(settings),
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = messagePage(out.error, out.error_description ?? '');
    },
    ...accounts(settings.users),
    features: features(settings),
  };
}

function accounts(users: readonly TestUser[]): Pick<Configuration, 'findAccount' | 'extraTokenClaims'> {
  const find = (id: string) => users.find((user) => user.login === id);
  return {
    findAccount: (_ctx, id) => {
      const user = find(id);
      return user && { accountId: id, claims: () => ({ sub: id, ...userClaims(user) }) };
    },
    extraTokenClaims: (_ctx, token) => {
      const user = 'accountId' in token && token.accountId ? find(token.accountId) : undefined;
      return user && userClaims(user);
    },
  };
}

function lifetimes(settings: ProviderSettings): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: settings.accessTokenTtlSeconds,
    ClientCredentials: settings.accessTokenTtlSeconds,
    IdToken: settings.accessTokenTtlSeconds,
    RefreshToken: settings.refreshTokenTtlSeconds,
    DeviceCode: settings.deviceCodeTtlSeconds,
    AuthorizationCode: 60,
    Interaction: 600,
    Session: DAY_SECONDS,
    Grant: DAY_SECONDS,
  };
}

function features(settings: ProviderSettings): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: {
      enabled: true,
      allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId,
    },
    deviceFlow: {
      enabled: true,
      mask: '****-****',
      userCodeInputSource: (ctx, form, _out, error) => {
        ctx.body = error ? messagePage('Not connected', pageError(error)) : codePage(form);
      },
      userCodeConfirmSource: (ctx, form, client, _device, userCode) => {
        ctx.body = confirmPage(form, client.clientName ?? client.clientId, userCode);
      },
      successSource: (ctx) => {
        ctx.body = successPage();
      },
    },
    resourceIndicators: resourceIndicators(settings),
  };
}

/** Every access token is a JWT (RFC 9068) for the one audience, whether the client names it (RFC 8707) or not. */
function resourceIndicators(
  settings: ProviderSettings,
): NonNullable<NonNullable<Configuration['features']>['resourceIndicators']> {
  return {
    enabled: true,
    defaultResource: () => settings.audience,
    useGrantedResource: () => true,
    getResourceServerInfo: (_ctx, resource) => ({
      scope: 'db:connect',
      audience: resource,
      accessTokenTTL: settings.accessTokenTtlSeconds,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: settings.signingAlgorithm } },
    }),
  };
}

function pageError(error: Error & { error_description?: string | undefined }): string {
  return error.error_description ?? error.message;
}
