// Makes dist/gprxy-PLATFORM-ARCH: gprxy, its libraries and the Node that runs this script in one file that needs none of them installed.
//   node scripts/build-executable.mjs [FILE]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { inject } from 'postject';
import { OPTIONAL_NATIVE } from './bundle.mjs';
import { licencesOf } from './bundled-licences.mjs';
import { directImports } from './direct-imports.mjs';
import { lazyBuiltins } from './lazy-builtins.mjs';
import { namedExports } from './named-exports.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'packages/cli');
/** By which Node knows that there is something in its file (Node's documentation, "Single executable applications"). */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const [output = join(root, 'dist', `gprxy-${process.platform}-${process.arch}`)] = process.argv.slice(2);

/** Everything in one CommonJS file: an executable has no other files to import. */
async function bundleProgram(outfile) {
  const { metafile } = await build({
    entryPoints: [join(root, 'scripts/executable/entry.cjs')],
    outfile,
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'cjs',
    platform: 'node',
    target: `node${process.versions.node}`,
    conditions: ['source', 'module'],
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'gprxyModule.url' },
    external: OPTIONAL_NATIVE,
    plugins: [directImports(join(root, 'packages/')), namedExports, lazyBuiltins],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: cli,
  });
  await writeFile(`${output}.LICENCES.txt`, await licencesOf(metafile, cli));
}

/** What the program takes out of its own file: asset -> file. */
async function assets(directory) {
  const keytar = dirname(createRequire(join(cli, 'package.json')).resolve('keytar/package.json'));
  const files = {
    'package.json': join(keytar, 'package.json'),
    'keytar.js': join(keytar, 'lib/keytar.js'),
    'keytar.node': join(keytar, `prebuilds/${process.platform}-${process.arch}/keytar.node`),
  };
  const hash = createHash('sha256');
  for (const file of Object.values(files)) hash.update(await readFile(file));
  const digest = join(directory, 'digest');
  await writeFile(digest, `keytar-${hash.digest('hex').slice(0, 32)}`);
  return { ...files, digest };
}

const directory = await mkdtemp(join(tmpdir(), 'gprxy-executable-'));
try {
  await mkdir(dirname(output), { recursive: true });
  const [program, blob, config] = ['gprxy.cjs', 'gprxy.blob', 'sea.json'].map((name) => join(directory, name));
  await bundleProgram(program);
  const settings = { disableExperimentalSEAWarning: true, useCodeCache: true, assets: await assets(directory) };
  await writeFile(config, JSON.stringify({ main: program, output: blob, ...settings }));
  execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  const executable = `${output}.${process.pid}`;
  await copyFile(process.execPath, executable);
  await chmod(executable, 0o755);
  if (process.platform === 'darwin') execFileSync('codesign', ['--remove-signature', executable]);
  const machO = process.platform === 'darwin' ? { machoSegmentName: 'NODE_SEA' } : {};
  await inject(executable, 'NODE_SEA_BLOB', await readFile(blob), { sentinelFuse: FUSE, ...machO });
  await rename(executable, process.platform === 'win32' ? `${output}.exe` : output);
  console.log(output);
} finally {
  await rm(directory, { recursive: true });
}
