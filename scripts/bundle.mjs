// Makes packages/NAME/dist/bundle: one program with the workspace's packages inside, so that what npm installs needs nothing from the workspace.
//   node scripts/bundle.mjs cli|gateway
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licencesOf } from './bundled-licences.mjs';
import { directImports } from './direct-imports.mjs';
import { inlinedFiles } from './inlined-files.mjs';
import { lazyBuiltins } from './lazy-builtins.mjs';
import { manPage } from './man-page.mjs';
import { namedExports } from './named-exports.mjs';
import { packChunks } from './pack-chunks.mjs';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const require = createRequire(import.meta.url);

/** ssh2 and pg are faster with them and do without. */
export const OPTIONAL_NATIVE = ['cpu-features', '*.node', 'pg-native'];

/** Bundles `packages/NAME/src/main.ts` into `directory`; what the package names as dependencies stays outside. */
export async function bundle(name, directory) {
  const packageDirectory = `${packages}${name}`;
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = require(
    `${packageDirectory}/package.json`,
  );
  const built = await build({
    entryPoints: [`${packageDirectory}/src/main.ts`],
    outdir: directory,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['source', 'module'],
    external: [...externals({ ...dependencies, ...optionalDependencies, ...peerDependencies }), ...OPTIONAL_NATIVE],
    plugins: [inlinedFiles, directImports(packages), namedExports, lazyBuiltins],
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'warning',
    absWorkingDir: packageDirectory,
  });
  await mkdir(directory, { recursive: true });
  for (const [file, text] of await filesOf(name, built)) await writeFile(`${directory}/${file}`, text);
  await writeFile(`${directory}/LICENCES.txt`, await licencesOf(built.metafile, packageDirectory));
}

/** People wait for each start of the command line; the gateway starts once. */
async function filesOf(name, built) {
  if (name === 'cli') return packChunks(built, [['main', 'credential-calls'], ['run']]);
  return built.outputFiles.map(({ path, text }) => [basename(path), text]);
}

/** A directory that looks like the installed package: package.json, bin and the bundle. */
export async function stagePackage(name, directory) {
  await mkdir(directory, { recursive: true });
  await cp(`${packages}${name}/package.json`, `${directory}/package.json`);
  await cp(`${packages}${name}/bin`, `${directory}/bin`, { recursive: true });
  await bundle(name, `${directory}/dist/bundle`);
}

function externals(dependencies) {
  const outside = Object.entries(dependencies).filter(([, version]) => !version.startsWith('workspace:'));
  return outside.map(([name]) => name);
}

async function addManPage(directory) {
  const { version } = require(`${packages}cli/package.json`);
  await writeFile(`${directory}/gprxy.1`, await manPage(`${directory}/main.cjs`, version));
}

/** Nobody sees half a bundle: it is made next to its place and moved there. */
async function replaceBundle(name) {
  const target = `${packages}${name}/dist/bundle`;
  const fresh = `${target}-${process.pid}`;
  try {
    await bundle(name, fresh);
    await rm(target, { recursive: true, force: true });
    await rename(fresh, target);
    if (name === 'cli') await addManPage(target);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name] = process.argv.slice(2);
  if (name !== 'cli' && name !== 'gateway') {
    console.error('usage: node scripts/bundle.mjs cli|gateway');
    process.exit(2);
  }
  await replaceBundle(name);
}
