import type { NewProfile } from '@gprxy/sidecar';
import { usageError } from '../../cli-error.ts';
import type { AddProfileOptions } from './add-profile-command.ts';
import type { ProviderName } from './provider-names.ts';

type OptionName = Exclude<keyof AddProfileOptions, 'name' | 'check' | 'force' | 'json'>;

/** What a preset knows of its provider; options given beside it come first. */
type PresetSettings = Partial<Pick<NewProfile, 'issuer' | 'scopes' | 'audience' | 'resource' | 'login' | 'user'>> & {
  readonly redirectUri?: string;
};

interface ProviderPreset {
  /** Without these it cannot be filled in, or would not work. */
  readonly needs: readonly OptionName[];
  /** A command line that works, for the error. */
  readonly example: string;
  settings(given: Required<Pick<AddProfileOptions, OptionName>>): PresetSettings;
}

const personScopes = ['openid', 'profile', 'email', 'offline_access'];
/** For providers that compare the port of the address to come back to: it has to be registered as it is here. */
const fixedPort = 'http://127.0.0.1:15433/callback';
const ids = '--client-id ID --upstream postgresql://GATEWAY:6432';

/** One entry a provider; docs/providers/ has the settings on the other side, and a test holds both together. */
export const providerPresets: Readonly<Record<ProviderName, ProviderPreset>> = {
  entra: {
    needs: ['tenant', 'api'],
    example: `--tenant TENANT-ID --api APP-ID ${ids}`,
    // Only a scope of the gateway's own application gives a token for it; without one the token is for Microsoft Graph.
    settings: ({ tenant, api }) => ({
      issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
      scopes: [...personScopes, `${api.includes('://') ? api : `api://${api}`}/.default`],
      // The user principal name: e-mail addresses are not verified there.
      user: '{preferred_username}',
      // Its portal takes the name only, at any port.
      redirectUri: 'http://localhost/callback',
    }),
  },
  auth0: {
    needs: ['domain', 'audience'],
    example: `--domain TENANT.eu.auth0.com --audience https://gprxy.corp.example ${ids}`,
    // The slash at the end is part of the issuer. Without an audience the access token is opaque.
    settings: ({ domain, audience }) => ({
      issuer: `https://${host(domain)}/`,
      audience,
      scopes: personScopes,
      redirectUri: fixedPort,
    }),
  },
  okta: {
    needs: ['domain'],
    example: `--domain corp.okta.com --server default ${ids}`,
    // A custom authorization server: tokens of the organisation's own one are for Okta's APIs, and opaque to all others.
    settings: ({ domain, server = 'default' }) => ({
      issuer: `https://${host(domain)}/oauth2/${server}`,
      scopes: personScopes,
      redirectUri: fixedPort,
    }),
  },
  keycloak: {
    needs: ['url', 'realm'],
    example: `--url https://sso.corp.example --realm corp ${ids}`,
    settings: ({ url, realm }) => ({
      issuer: `${url.replace(/\/+$/, '')}/realms/${encodeURIComponent(realm)}`,
      scopes: personScopes,
    }),
  },
  google: {
    needs: ['clientSecretFile'],
    example: `--client-id ID --client-secret-file FILE --upstream 'postgresql://INSTANCE:5432?sslmode=verify-ca&sslrootcert=FILE'`,
    // The device flow gives no scope that a database takes, and offline_access is unknown: installed applications get a refresh token anyway.
    settings: () => ({
      issuer: 'https://accounts.google.com',
      scopes: ['openid', 'email', 'https://www.googleapis.com/auth/sqlservice.login'],
      login: 'browser',
    }),
  },
  'oidc-provider': {
    needs: ['issuer', 'resource'],
    example: `--issuer https://login.corp.example --resource https://gprxy.corp.example ${ids}`,
    // Only a token for a resource (RFC 8707) is a JWT.
    settings: ({ issuer, resource }) => ({ issuer, resource, scopes: personScopes }),
  },
};

/** The settings of the preset that was chosen. Throws CliError that names the options which are missing. */
export function presetSettings(options: AddProfileOptions): PresetSettings {
  const { provider, name } = options;
  if (provider === undefined) return {};
  const preset = providerPresets[provider];
  const missing = preset.needs.filter((option) => options[option] === undefined);
  if (missing.length > 0) {
    throw usageError(
      `--provider ${provider} needs ${missing.map(flagOf).join(' and ')}`,
      `Run "gprxy profiles add ${name} --provider ${provider} ${preset.example}".`,
    );
  }
  return preset.settings(options as Parameters<typeof preset.settings>[0]);
}

/** `clientSecretFile` as it is typed: `--client-secret-file`. */
export function flagOf(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** People paste the address of their tenant as often as its host. */
function host(domain: string): string {
  return domain.replace(/^https:\/\//, '').replace(/\/+$/, '');
}
