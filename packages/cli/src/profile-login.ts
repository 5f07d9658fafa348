import { join } from 'node:path';
import type { CredentialDependencies, OidcSettings, TokenStore } from '@gprxy/credentials';
import { type Profile, paths } from '@gprxy/sidecar';
import { configInput } from './config-input.ts';
import type { Credentials, Dependencies } from './dependencies.ts';
import { say } from './say.ts';
import { readStoreChoice, type StoreKind } from './store-choice.ts';

/** One profile's login, in the words of @gprxy/credentials: every call there takes these four. */
export interface ProfileLogin {
  readonly settings: OidcSettings;
  readonly store: TokenStore;
  readonly account: string;
  readonly deps: CredentialDependencies;
}

export async function profileLogin(
  profile: Profile,
  dependencies: Dependencies,
  storeKind?: StoreKind,
): Promise<ProfileLogin> {
  const credentials = await dependencies.credentials();
  const kind = storeKind ?? (await readStoreChoice(profile.name, dependencies));
  return {
    settings: oidcSettings(profile),
    store: createStore(kind, credentials, dependencies),
    account: profile.name,
    deps: credentialDependencies(profile, credentials, dependencies),
  };
}

function createStore(kind: StoreKind, credentials: Credentials, dependencies: Dependencies): TokenStore {
  const { stateDirectory } = paths(configInput(dependencies));
  return kind === 'file'
    ? credentials.createFileStore({ directory: join(stateDirectory, 'logins') })
    : credentials.createKeychainStore({ service: dependencies.env.GPRXY_KEYCHAIN_SERVICE ?? 'gprxy' });
}

function oidcSettings({ issuer, clientId, scopes, audience, resource, caFile }: Profile): OidcSettings {
  return {
    issuer,
    clientId,
    scopes,
    ...(audience !== undefined && { audience }),
    ...(resource !== undefined && { resource }),
    ...(caFile !== undefined && { caFile }),
  };
}

function credentialDependencies(
  profile: Profile,
  credentials: Credentials,
  dependencies: Dependencies,
): CredentialDependencies {
  const { caFile } = profile;
  return {
    fetch: credentials.createFetch({ env: dependencies.env, ...(caFile !== undefined && { caFile }) }),
    now: dependencies.now,
    lockDirectory: paths(configInput(dependencies)).lockDirectory,
    log: ({ level, message }) => {
      if (level === 'warn' || level === 'error') say(dependencies, `gprxy: ${message}`);
    },
  };
}
