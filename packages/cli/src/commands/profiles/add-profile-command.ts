import { type Command, Option } from 'commander';
import { collectWords, jsonOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';
import { type ProviderName, providerNames } from './provider-names.ts';

/** What the provider presets are filled in from. */
interface ProviderOptions {
  readonly provider?: ProviderName;
  /** Entra. */
  readonly tenant?: string;
  /** Entra: the application id of the API. */
  readonly api?: string;
  /** Auth0, Okta. */
  readonly domain?: string;
  /** Okta: the authorization server. */
  readonly server?: string;
  /** Keycloak. */
  readonly url?: string;
  readonly realm?: string;
}

export interface AddProfileOptions extends ProviderOptions {
  readonly name: string;
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly upstream?: string;
  readonly audience?: string;
  readonly resource?: string;
  readonly scope?: readonly string[];
  readonly caFile?: string;
  readonly login?: 'auto' | 'device' | 'browser';
  readonly redirectUri?: string;
  readonly loginOnConnect?: 'off' | 'notice' | 'browser';
  readonly listen?: readonly string[];
  readonly user?: string;
  /** False: do not ask the provider. */
  readonly check: boolean;
  readonly force?: true;
  readonly json?: true;
}

const described =
  'Add a profile to config.toml. The issuer is asked what it offers first, and the profile is checked against that: ' +
  'its spelling, https, the login that will be used, the scopes, and whether the upstream is safe for a token. ' +
  'The first profile becomes the default. docs/providers/ tells what to set up at each provider.';

export function defineAddProfile(profiles: Command, add: (options: AddProfileOptions) => Promise<void>): void {
  const command = profiles
    .command('add')
    .summary('describe an identity provider and an upstream')
    .description(described)
    .argument('<name>', 'what to call it: letters, digits, ".", "_" and "-"')
    .option('--upstream <dsn>', 'the gateway or PostgreSQL server, without user and password')
    .option('--client-id <id>', "gprxy's client id at the provider");
  defineProviderOptions(command);
  defineOptionalSettings(command);
  command.action((name: string, options: Omit<AddProfileOptions, 'name'>) => add({ name, ...options }));
  withExamples(command, [
    'gprxy profiles add prod --issuer https://login.corp.example --client-id gprxy-cli --audience https://gprxy.corp.example --upstream postgresql://gateway.corp.example:6432',
    'gprxy profiles add prod --provider entra --tenant 11111111-2222-3333-4444-555555555555 --client-id 66666666-7777-8888-9999-000000000000 --api aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --upstream postgresql://gateway.corp.example:6432',
    'gprxy profiles add dev --provider keycloak --url https://sso.corp.example --realm corp --client-id gprxy-cli --upstream postgresql://gw.dev.example:6432 --listen 127.0.0.1:5434',
    '# on a train',
    'gprxy profiles add prod --provider auth0 --domain corp.eu.auth0.com --client-id AbC123 --audience https://gprxy.corp.example --upstream postgresql://gateway.corp.example:6432 --no-check',
  ]);
}

function defineProviderOptions(command: Command): void {
  command
    .optionsGroup('The identity provider, by its issuer or by a preset:')
    .option('--issuer <url>', 'its issuer, exactly as in its tokens')
    .addOption(new Option('--provider <name>', 'fill in issuer, scopes and the like').choices(providerNames))
    .option('--tenant <id>', 'entra: the directory (tenant) id')
    .option('--api <id>', "entra: the application (client) id of the gateway's app registration")
    .option('--domain <host>', 'auth0, okta: the domain, such as corp.okta.com')
    .option('--server <id>', 'okta: the authorization server (default: default)')
    .option('--url <url>', 'keycloak: where it is, such as https://sso.corp.example')
    .option('--realm <name>', 'keycloak: the realm');
}

function loginOnConnectOption(): Option {
  const what = 'when the login is over and a client connects: refuse it, show it where to sign in, or open that page';
  return new Option('--login-on-connect <how>', what).choices(['off', 'notice', 'browser']);
}

function defineOptionalSettings(command: Command): void {
  command
    .optionsGroup('The rest of the profile:')
    .option('--audience <audience>', 'whom the access token is for')
    .option('--resource <uri>', 'the same by RFC 8707')
    .option('--scope <scopes>', 'scopes to ask for, repeatable', collectWords)
    .addOption(new Option('--login <kind>', 'how to sign in').choices(['auto', 'device', 'browser']))
    .addOption(loginOnConnectOption())
    .option(
      '--redirect-uri <url>',
      'where the browser comes back to, as registered (default: http://127.0.0.1/callback)',
    )
    .option('--client-secret-file <file>', 'secret of a client that has one although it is public, as at Google')
    .option('--ca-file <pem>', 'certificate authority of a private identity provider')
    .option('--listen <address>', 'where "gprxy start" listens: HOST:PORT or unix, repeatable', collectWords)
    .option('--user <template>', 'user name sent upstream, such as {email}')
    .optionsGroup('Options:')
    .option('--no-check', 'do not ask the provider, for working offline')
    .option('--force', 'replace a profile of that name')
    .addOption(jsonOption());
}
