import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { Command } from 'commander';
import type { CheckOptions } from './commands/check/check.ts';
import type { IssuerConfig } from './config/issuers.ts';
import { type GatewayConfig, loadConfig } from './config.ts';
import { describeFailure } from './describe-failure.ts';
import { exitCodeFor } from './exit-code.ts';

const DEFAULT_CONFIG = '/etc/gprxy/gateway.toml';

const readFile = (path: string): string => readFileSync(path, 'utf8');

/** The gprxy-gateway command: bin/gprxy-gateway.mjs calls it with the version of the package. */
export async function main(version: string): Promise<void> {
  process.stdout.on('error', endUnread);
  try {
    await createProgram(version).parseAsync(process.argv);
  } catch (error) {
    process.exitCode = exitCodeFor(error);
    report(error);
  }
}

function createProgram(version: string): Command {
  const program = new Command('gprxy-gateway')
    .description('Lets people into PostgreSQL by their company login, each as himself.')
    .version(version)
    .showHelpAfterError('  Run "gprxy-gateway --help".')
    .configureOutput({ outputError: (text, write) => write(inOurWords(text)) })
    .exitOverride();
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--config <file>', 'the TOML file', DEFAULT_CONFIG)
      .showHelpAfterError(`  Run "gprxy-gateway ${name} --help".`);

  command('serve', 'verify tokens and let people in, until SIGTERM').action(({ config }) => runServe(config));
  command('check', 'try the file, its certificates, issuers and databases, without serving')
    .option('--json', 'print JSON')
    .action(({ config, json = false }) => runCheck(config, json));
  command('explain', 'show whom a token would let in as whom, and why')
    .requiredOption('--token-file <file>', 'the file that holds the token; "-" is standard input')
    .requiredOption('--database <name>', 'a database of the file')
    .option('--json', 'print JSON')
    .action((options) => runExplain(options));
  command('provision', 'make the roles in PostgreSQL, as the administrator of DATABASE_ROOT_URL')
    .option('--database <name...>', 'databases of the file (default: all, if they are on one server)')
    .option('--role <role...>', 'roles of people, beside those of [provision] in the file')
    .option('--grant <role...>', 'functional roles to make and to grant to these people')
    .option('--gateway-address <cidr>', "the gateway's address, for pg_hba.conf", 'all')
    .option('--dry-run', 'print the SQL and do nothing')
    .action((options) => runProvision(options));
  return program;
}

/** As our own errors are told. */
function inOurWords(text: string): string {
  return text.replace(/^error: /, 'gprxy-gateway: ').replace('\n(', '\n  (');
}

function load(path: string, allowRootCredentials = false): GatewayConfig {
  return loadConfig({ path, env: process.env, readFile, allowRootCredentials });
}

/** Nobody reads any more what is printed. */
function endUnread(): never {
  process.exit(exitCodeFor(undefined));
}

async function runServe(path: string): Promise<void> {
  const config = load(path);
  // Of an audit log that nobody reads, `on_failure` says what follows.
  process.stdout.off('error', endUnread);
  const { serve } = await import('./commands/serve/serve.ts');
  const log = await createLog();
  await serve(config, { log, stdout: process.stdout, readFile, now: Date.now, signals: process });
}

async function runCheck(path: string, json: boolean): Promise<void> {
  const config = load(path);
  const { check } = await import('./commands/check/check.ts');
  const options: CheckOptions = { json, colours: process.stdout.isTTY === true && !process.env.NO_COLOR };
  process.exitCode = await check(config, options, {
    readFile,
    modeOf: (file) => statSync(file).mode,
    now: Date.now,
    fetchFor: await fetches(),
    requireWritable: (directory) => accessSync(directory, constants.W_OK),
    stdout: process.stdout,
  });
}

async function runExplain(options: { config: string; tokenFile: string; database: string; json?: boolean }) {
  const config = load(options.config);
  const token = readFileSync(options.tokenFile === '-' ? 0 : options.tokenFile, 'utf8').trim();
  const { explain } = await import('./commands/explain/explain.ts');
  const { createKeyRing } = await import('./jwks/key-ring.ts');
  const { createTokenVerifier } = await import('./verify-token.ts');
  const { silentLog: log } = await import('./log.ts');
  const keyRing = createKeyRing({ ...config, fetchFor: await fetches(), log, now: Date.now });
  try {
    await keyRing.started;
    const verifyToken = createTokenVerifier({ ...config, keysOf: keyRing.keysOf, now: Date.now });
    const { database, json = false } = options;
    process.exitCode = await explain(config, { token, database, json }, { verifyToken, stdout: process.stdout });
  } finally {
    keyRing.stop();
  }
}

interface ProvisionArguments {
  config: string;
  database?: string[];
  role?: string[];
  grant?: string[];
  gatewayAddress: string;
  dryRun?: boolean;
}

async function runProvision({ config: path, database, role, grant, gatewayAddress, dryRun }: ProvisionArguments) {
  const config = load(path, true);
  const { provision } = await import('./commands/provision/provision.ts');
  const chosen = { databases: database ?? [], roles: role ?? [], grants: grant ?? [] };
  const options = { ...chosen, gatewayAddress, dryRun: dryRun ?? false };
  await provision(config, options, { env: process.env, readFile, stdout: process.stdout });
}

async function fetches() {
  const { issuerFetch } = await import('./jwks/issuer-fetch.ts');
  return (issuer: IssuerConfig) => issuerFetch(issuer, readFile);
}

/** JSON lines on stderr; stdout may be the audit log. */
async function createLog() {
  const { pino } = await import('pino');
  const destination = pino.destination({ dest: 2, sync: true });
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

function report(error: unknown): void {
  if (!(error instanceof Error)) return;
  // commander has said its own.
  if ('code' in error && String(error.code).startsWith('commander.')) return;
  const { message = '', hint } = 'code' in error ? describeFailure(error) : { message: error.stack };
  process.stderr.write(`gprxy-gateway: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`);
}
