import { type Command, Option } from 'commander';
import { collectWords, profileOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface LoginOptions {
  readonly profile?: string;
  readonly issuer?: string;
  readonly clientId?: string;
  readonly upstream?: string;
  readonly audience?: string;
  readonly resource?: string;
  readonly scope?: readonly string[];
  readonly caFile?: string;
  readonly listen?: readonly string[];
  readonly user?: string;
  /** Sign in with a code, or in the browser; neither: whichever suits the place and the provider. */
  readonly device?: true;
  readonly browser?: true;
  /** False: leave the browser alone. */
  readonly open: boolean;
  /** The file store (true), the keychain (false), or the one this profile used last. */
  readonly insecureStorage?: boolean;
}

const described =
  "Sign in at your company's login page: in the browser where one can be opened, else with a code that any browser may confirm. " +
  'Says which and why. The login is kept in the OS keychain, and renewed from there. ' +
  'While another "gprxy login" of the profile is under way, this one joins it.';

export function defineLogin(program: Command, login: (options: LoginOptions) => Promise<void>): void {
  const command = program
    .command('login')
    .summary('sign in with your company login')
    .description(described)
    .addOption(profileOption())
    .option('--device', 'sign in with a code, to be confirmed in any browser (RFC 8628)')
    .addOption(new Option('--browser', 'sign in in the browser of this machine (PKCE, RFC 8252)').conflicts('device'))
    .option('--no-open', 'open no browser, and print the address')
    .option('--insecure-storage', 'keep the login in a file that only you can read, where there is no keychain')
    .option('--no-insecure-storage', 'keep it in the keychain again')
    .optionsGroup('The profile, made or changed when given:')
    .option('--issuer <url>', 'the identity provider')
    .option('--client-id <id>', "gprxy's client id there")
    .option('--upstream <dsn>', 'the gateway or PostgreSQL server')
    .option('--audience <audience>', 'whom the access token is for')
    .option('--resource <uri>', 'the same by RFC 8707')
    .option('--scope <scopes>', 'scopes to ask for, repeatable', collectWords)
    .option('--ca-file <pem>', 'certificate authority of a private identity provider')
    .option('--listen <address>', 'where "gprxy start" listens: HOST:PORT or unix, repeatable', collectWords)
    .option('--user <template>', 'user name sent upstream, default {email}')
    .action((options: LoginOptions, command: Command) => login(withOneFlow(options, command)));
  withExamples(command, [
    'gprxy login',
    '# at a machine without a screen',
    'gprxy login --device',
    '# the first time, describe the profile as well',
    'gprxy login --issuer https://login.corp.example --client-id gprxy-cli --upstream postgresql://gateway.corp.example:6432',
  ]);
}

/** What is typed goes before GPRXY_DEVICE and GPRXY_BROWSER. */
function withOneFlow({ device, browser, ...options }: LoginOptions, command: Command): LoginOptions {
  const isTyped = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  if (browser && !isTyped('device')) return { ...options, browser };
  return device ? { ...options, device } : options;
}
