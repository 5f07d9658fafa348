#!/usr/bin/env node
// Who may import whom, checked: the folder list is the architecture only as long as nobody cuts across it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

/** Package folder -> the workspace packages that it may import. */
const MAY_IMPORT = {
  'proxy-core': [],
  'loopback-http': [],
  credentials: [],
  sidecar: ['@gprxy/proxy-core', '@gprxy/credentials', '@gprxy/loopback-http'],
  gateway: ['@gprxy/proxy-core', '@gprxy/loopback-http'],
  cli: ['@gprxy/credentials', '@gprxy/sidecar'],
  testkit: [],
};
const WORKSPACE = /^(@gprxy\/|gprxy$)/;
const isForTests = (file) => /\.(test|testing)\.ts$/.test(file);
const isEntry = (file) => /\/(main|config)\.ts$/.test(file);

/** The module names that `text` imports or re-exports, statically or not, types included. */
export function importsOf(text) {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** What is wrong with one file, in words; `file` is relative to the root, with forward slashes. */
export function violations(file, text) {
  const [, owner, inside] = /^packages\/([^/]+)\/src\/(.*)$/.exec(file) ?? [];
  if (!owner) return importsOf(text).flatMap((name) => intoPackages(file, name));
  const found = importsOf(text).flatMap((name) => [
    ...crossPackage(file, owner, name),
    ...acrossFolders(file, owner, name),
    ...insideProxyCore(file, inside, name),
  ]);
  const readsEnvironment =
    owner !== 'testkit' && !isForTests(file) && !isEntry(file) && /\bprocess\.env\b/.test(code(text));
  return readsEnvironment ? [...found, 'reads process.env; only config.ts and main.ts may'] : found;
}

function crossPackage(file, owner, name) {
  if (!WORKSPACE.test(name)) return [];
  if (/^@gprxy\/[^/]+\//.test(name)) return [`imports ${name}: packages meet only through their exports`];
  if (name === '@gprxy/testkit') return isForTests(file) ? [] : ['imports @gprxy/testkit; only tests may'];
  return isForTests(file) || MAY_IMPORT[owner].includes(name) ? [] : [`imports ${name}, which ${owner} may not`];
}

function acrossFolders(file, owner, name) {
  if (!name.startsWith('.') || isForTests(file)) return [];
  const target = resolved(file, name);
  if (isForTests(target)) return [`imports ${target}, which is for tests`];
  return target.startsWith(`packages/${owner}/`) ? [] : [`reaches into ${target}`];
}

/** Tests across packages and scripts use what a package exports, and what it has for tests. */
function intoPackages(file, name) {
  const target = name.startsWith('.') ? resolved(file, name) : '';
  return /^packages\/[^/]+\/src\//.test(target) && !isForTests(target) ? [`reaches into ${target}`] : [];
}

/** wire/ stands alone; sasl/ stands on wire/; session/ on both. */
function insideProxyCore(file, inside, name) {
  if (!file.startsWith('packages/proxy-core/') || isForTests(file)) return [];
  if (!name.startsWith('.')) {
    const isInputOutput = inside.startsWith('wire/') && name !== 'node:buffer';
    return isInputOutput ? [`wire/ imports ${name}: it turns bytes into messages and does nothing else`] : [];
  }
  const target = resolved(file, name).replace('packages/proxy-core/src/', '');
  if (inside.startsWith('wire/') && !/^(wire\/|errors\.ts$)/.test(target)) return [`wire/ imports ${target}`];
  if (inside.startsWith('sasl/') && target.startsWith('session/')) return [`sasl/ imports ${target}`];
  return [];
}

const resolved = (file, name) => relative('.', resolve(dirname(file), name)).replaceAll('\\', '/');
const code = (text) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

function* typescriptFiles(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && !['node_modules', 'dist'].includes(entry.name)) yield* typescriptFiles(path);
    else if (entry.name.endsWith('.ts')) yield path;
  }
}

function main() {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)));
  let wrong = 0;
  for (const file of ['packages', 'test', 'scripts', 'bench', 'soak'].flatMap((folder) => [
    ...typescriptFiles(folder),
  ])) {
    for (const problem of violations(file, readFileSync(file, 'utf8'))) {
      process.stderr.write(`${file} ${problem}\n`);
      wrong++;
    }
  }
  process.exitCode = wrong > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
