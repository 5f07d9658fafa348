// The programs on another Node than the one that runs everything else: node --import tsx scripts/smoke-on-node.ts 24
// That Node comes from npm as it is, without running anything of its package, and is kept below node_modules.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** One of each kind: the protocol, native modules (the keychain, TLS), the installed command, a whole session against PostgreSQL. */
const SMOKE = [
  'packages/proxy-core',
  'test/pack.test.ts',
  'test/cli-start.test.ts',
  'test/cli-login.test.ts',
  'test/cli-keychain.test.ts',
  'test/sidecar-postgres.test.ts',
];

function run(command: string, args: readonly string[], env = process.env, cwd = root): void {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** The path of that Node, installed if it is not there yet. */
function nodeOf(major: string): string {
  const home = join(root, 'node_modules/.cache', `node-${major}`);
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const executable = join(home, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(executable)) return executable;
  process.stderr.write(`Installing Node ${major} from npm (once) ...\n`);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...quietly, `${name}@${major}`], process.env, home);
  return executable;
}

const [major = '24'] = process.argv.slice(2);
const node = nodeOf(major);
const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
process.stderr.write(`A smoke test on Node ${stdout.trim()} ...\n`);
run(node, ['node_modules/vitest/vitest.mjs', 'run', ...SMOKE], env);
process.stdout.write(`The smoke test on Node ${stdout.trim()} went well.\n`);
