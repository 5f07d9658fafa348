import { join } from 'node:path';
import type { CredentialDependencies, LogRecord, OidcCredential, TokenSource, TokenStore } from '@gprxy/credentials';
import { type Profile, paths } from '@gprxy/sidecar';
import { CliError } from './cli-error.ts';
import { configInput } from './config-input.ts';
import type { Credentials, Dependencies } from './dependencies.ts';
import { say } from './say.ts';
import { sayingWhenSlow } from './saying-when-slow.ts';
import { readStoreChoice, type StoreKind } from './store-choice.ts';
import type { Environment } from './terminal.ts';
import { upstreamAddress } from './upstream-address.ts';

/** One profile's login, in the words of @gprxy/credentials: every call there takes these four. */
export interface ProfileLogin {
  readonly settings: OidcCredential;
  readonly store: TokenStore;
  readonly account: string;
  readonly deps: CredentialDependencies;
}

/** Whatever the profile's credential is: a valid token now. */
export async function tokenSourceFor(profile: Profile, dependencies: Dependencies): Promise<TokenSource> {
  const credentials = await dependencies.credentials();
  const { credential } = profile;
  if (credential.kind === 'oidc') return credentials.createOidcTokenSource(await profileLogin(profile, dependencies));
  const caFile = credential.kind === 'client-credentials' ? credential.caFile : undefined;
  const { host, port } = upstreamAddress(profile);
  return credentials.createTokenSource({
    credential,
    upstream: { host, port, user: profile.user },
    deps: {
      ...credentialDependencies(caFile, credentials, dependencies),
      env: dependencies.env,
      profile: profile.name,
    },
  });
}

/** Rejects with CliError ERR_NO_LOGIN when there is nothing to log in to. */
export async function profileLogin(
  profile: Profile,
  dependencies: Dependencies,
  storeKind?: StoreKind,
): Promise<ProfileLogin> {
  const settings = requireLogin(profile);
  const credentials = await dependencies.credentials();
  const kind = storeKind ?? (await readStoreChoice(profile.name, dependencies));
  return {
    settings,
    store: createStore(kind, profile.name, credentials, dependencies),
    account: profile.name,
    deps: credentialDependencies(settings.caFile, credentials, dependencies),
  };
}

/** The provider that people sign in to, where the profile has one. */
export function requireLogin({ name, credential }: Profile): OidcCredential {
  if (credential.kind === 'oidc') return credential;
  throw new CliError(`profile "${name}" needs no login`, {
    code: 'ERR_NO_LOGIN',
    detail: `It has credential = "${credential.kind}".`,
    hint: `Run "gprxy get-token --profile ${name}" to see that it works.`,
  });
}

function createStore(
  kind: StoreKind,
  account: string,
  credentials: Credentials,
  dependencies: Dependencies,
): TokenStore {
  const { stateDirectory } = paths(configInput(dependencies));
  return kind === 'file'
    ? credentials.createFileStore({ directory: join(stateDirectory, 'logins') })
    : credentials.createKeychainStore({
        account,
        service: dependencies.env.GPRXY_KEYCHAIN_SERVICE ?? 'gprxy',
        ...sessionBus(dependencies.env),
      });
}

/** systemd's place for it is what libraries assume when nothing else is said. */
function sessionBus({ DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime }: Environment) {
  if (address) return { sessionBus: address };
  return runtime ? { sessionBus: `unix:path=${runtime}/bus` } : {};
}

export function credentialDependencies(
  caFile: string | undefined,
  credentials: Credentials,
  dependencies: Dependencies,
): CredentialDependencies {
  const fetch = credentials.createFetch({ env: dependencies.env, ...(caFile !== undefined && { caFile }) });
  return {
    fetch: dependencies.isQuiet ? fetch : sayingWhenSlow(fetch, (line) => say(dependencies, line)),
    now: dependencies.now,
    hold: (work) => hold(work, dependencies.unfinished),
    lockDirectory: paths(configInput(dependencies)).lockDirectory,
    log: dependencies.credentialLog ?? ((record) => sayNews(record, dependencies)),
  };
}

function sayNews({ level, event, message }: LogRecord, dependencies: Dependencies): void {
  // A command that waits for a person must say so.
  const isNews = level === 'warn' || level === 'error' || event === 'login-joined';
  if (isNews) say(dependencies, `gprxy: ${message}`);
}

function hold(work: Promise<unknown>, unfinished: Dependencies['unfinished']): void {
  unfinished.add(work);
  const end = () => unfinished.delete(work);
  work.then(end, end);
}
