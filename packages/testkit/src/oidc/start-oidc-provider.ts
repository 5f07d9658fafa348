import type { ClientMetadata, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { CertificateAuthority } from '../certificates.ts';
import { type ProviderSettings, providerConfiguration, publicClient } from './configuration.ts';
import { FrontDoor } from './front-door.ts';
import { interactionPages } from './interactions.ts';
import { loadOidcProvider } from './load-oidc-provider.ts';
import { generateSigningKeys, type SigningAlgorithm, type SigningKey } from './signing-keys.ts';
import { createStorage } from './storage.ts';
import { TestProvider } from './test-provider.ts';
import { alice, bob, mallory, type TestUser } from './users.ts';
import { type RequestListener, startWebServer } from './web-server.ts';

export interface OidcProviderOptions {
  /** Default: alice (data-eng), bob (analysts), mallory (no group). */
  users?: readonly TestUser[];
  /** More clients beside the public ones `gprxy-cli` and `another-client`, and `gprxy-ci` with a secret. */
  clients?: readonly ClientMetadata[];
  /** `aud` of the access tokens: an absolute URI. Default: `https://gprxy.corp.example`. */
  audience?: string;
  /** Of access tokens and ID tokens. Default: ES256. */
  signingAlgorithm?: SigningAlgorithm;
  accessTokenTtlSeconds?: number;
  refreshTokenTtlSeconds?: number;
  deviceCodeTtlSeconds?: number;
  /** Whether each refresh replaces the refresh token, and use of an old one revokes the login. Default: true. */
  rotateRefreshToken?: boolean;
  /** Seconds between polls that the device authorization response asks for. Default: 1. */
  interval?: number;
  /** Serves https://localhost with a certificate of this authority. Default: http://127.0.0.1. */
  ca?: CertificateAuthority;
}

export const CI_SECRET = 'the secret of gprxy-ci';

/** Starts a real OpenID provider on a free port of 127.0.0.1, with device flow, refresh, revocation and JWT access tokens. */
export async function startOidcProvider(options: OidcProviderOptions = {}): Promise<TestProvider> {
  const { Provider } = await loadOidcProvider();
  const settings = settingsOf(options);
  const storage = createStorage();
  let keys = await generateSigningKeys(1);
  let behind: RequestListener = (_request, response) => response.destroy();
  const door = new FrontDoor(() => behind);
  const tls = await options.ca?.issue({ commonName: 'localhost', hosts: ['localhost'], ips: ['127.0.0.1'] });
  const server = await startWebServer(door.listener, tls);
  const issuer = tls ? `https://localhost:${server.port}` : `http://127.0.0.1:${server.port}`;

  // The provider takes its keys when it is created, so that new keys need a new one over the same storage.
  const publish = (next: SigningKey[]) => {
    keys = next;
    const jwks = keys.map((key) => ({ ...key.privateJwk }));
    const provider = new Provider(issuer, providerConfiguration(settings, jwks, storage));
    addPages(provider, settings.users, options.interval ?? 1);
    behind = provider.callback();
  };
  publish(keys);
  return new TestProvider({
    issuer,
    audience: settings.audience,
    clientId: 'gprxy-cli',
    signingAlgorithm: settings.signingAlgorithm,
    users: settings.users,
    ca: options.ca?.certPem,
    door,
    server,
    keys: () => keys,
    rotateKeys: async (keepOld) => {
      const next = await generateSigningKeys(1 + generationOf(keys));
      publish(keepOld ? [...next, ...keys] : next);
    },
  });
}

function settingsOf(options: OidcProviderOptions): ProviderSettings {
  const signingAlgorithm = options.signingAlgorithm ?? 'ES256';
  return {
    users: options.users ?? [alice, bob, mallory],
    clients: [
      publicClient('gprxy-cli', signingAlgorithm),
      publicClient('another-client', signingAlgorithm),
      ciClient(signingAlgorithm),
      ...(options.clients ?? []),
    ],
    audience: options.audience ?? 'https://gprxy.corp.example',
    signingAlgorithm,
    accessTokenTtlSeconds: options.accessTokenTtlSeconds ?? 300,
    refreshTokenTtlSeconds: options.refreshTokenTtlSeconds ?? 86_400,
    deviceCodeTtlSeconds: options.deviceCodeTtlSeconds ?? 600,
    rotateRefreshToken: options.rotateRefreshToken ?? true,
  };
}

const ciClient = (alg: SigningAlgorithm): ClientMetadata => ({
  client_id: 'gprxy-ci',
  client_secret: CI_SECRET,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  id_token_signed_response_alg: alg,
});

function addPages(provider: Provider, users: readonly TestUser[], interval: number): void {
  provider.use(interactionPages(provider, users));
  // The provider leaves `interval` out, which means 5 s (RFC 8628, 3.2).
  provider.use(async (ctx: KoaContextWithOIDC, next: () => Promise<void>) => {
    await next();
    if (ctx.oidc?.route === 'device_authorization' && ctx.status === 200) {
      ctx.body = { ...(ctx.body as object), interval };
    }
  });
}

const generationOf = (keys: readonly SigningKey[]) => Math.max(...keys.map(({ kid }) => Number(kid.split('-')[1])));
