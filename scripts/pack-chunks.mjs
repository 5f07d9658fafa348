import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { transform } from 'esbuild';

const CHUNK_IMPORT = /\bimport\("(\.\/[^"]+)"\)/g;
const BUILTIN_IMPORT = /\bimport\("(node:[^"]+)"\)/g;
/** Stands for import.meta.url, which few ask for. */
const OWN_URL = `const moduleUrl = { get href() { return process.getBuiltinModule('node:url').pathToFileURL(__filename).href; } };`;

/**
 * Turns the ES chunks of one esbuild run into CommonJS, which Node starts faster, and packs what is loaded together into one file: each file
 * that is looked for and opened costs a third of a millisecond. The first of `packs` begins with the entry point and becomes `main.cjs`; each
 * names chunks that are packed with all that they import statically, unless an earlier one has it.
 * Returns file name -> text. Packs begin with `// ` and a digest of all files, by which compiled forms of them are known.
 */
export async function packChunks({ outputFiles, metafile }, packs) {
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  const code = new Map();
  for (const { path, text } of outputFiles) code.set(basename(path), await toCommonJs(text));
  const places = new Map();
  const files = new Map();
  for (const [index, names] of packs.entries()) {
    const file = index === 0 ? 'main.cjs' : `pack-${names[0]}.cjs`;
    const first = [...outputs.keys()].filter((name) => names.includes(name.replace(/(-[A-Z0-9]{8})?\.js$/, '')));
    const chunks = [...staticClosure(outputs, first)].filter((name) => !places.has(name));
    for (const name of chunks) places.set(name, file);
    files.set(file, withoutImports(file, packOf(chunks, code)));
  }
  const packed = [...files.keys()];
  for (const [name, text] of code) {
    if (places.has(name)) continue;
    places.set(name, commonJsName(name));
    files.set(commonJsName(name), packOf([name], new Map([[name, text]])));
  }
  files.set('main.cjs', mainFile(`./${packs[0][0]}.js`, places, files.get('main.cjs')));
  const digest = digestOf(files);
  for (const name of packed) files.set(name, `// ${digest}\n${files.get(name)}`);
  return files;
}

/** The chunks named, and what they import statically. */
function staticClosure(outputs, names) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const { path, kind, external } of outputs.get(name).imports)
      if (kind === 'import-statement' && !external) visit(basename(path));
  };
  for (const name of names) visit(name);
  return found;
}

/** What is imported while the program runs stays lazy; only modules outside of the bundle still come by import(). */
async function toCommonJs(text) {
  const lazy = text
    .replaceAll(CHUNK_IMPORT, 'Promise.resolve().then(() => require("$1"))')
    .replaceAll(BUILTIN_IMPORT, 'Promise.resolve().then(() => process.getBuiltinModule("$1"))');
  const define = { 'import.meta.url': 'moduleUrl.href' };
  const options = { format: 'cjs', platform: 'node', target: 'node20.19', define };
  return (await transform(lazy, { ...options, minifySyntax: true, minifyWhitespace: true })).code;
}

/** A file of several chunks: functions by their names, as `load` in main.cjs calls them. */
function packOf(chunks, code) {
  const modules = chunks.map((name) => `${JSON.stringify(`./${name}`)}(exports, require, module) {${code.get(name)}}`);
  return `'use strict'; ${OWN_URL}\nexports.chunks = {${modules.join(',\n')}};\n`;
}

/** Packs are run in a way that knows no import(), because knowing it takes time: what imports from outside of the bundle is in a chunk of its own. */
function withoutImports(file, pack) {
  const [found] = /(?<![\w$.])import\("[^"]*"\)/.exec(pack) ?? [];
  if (found !== undefined)
    throw new Error(`${file} would run ${found}: move it to a module that is itself imported when it is needed`);
  return pack;
}

function mainFile(entry, places, pack) {
  const elsewhere = [...places]
    .filter(([, file]) => file !== 'main.cjs')
    .map(([name, file]) => [`./${name}`, `./${file}`]);
  return `${pack}
const files = ${JSON.stringify(Object.fromEntries(elsewhere))};
const loaded = {};
function load(name) {
  if (loaded[name]) return loaded[name].exports;
  const chunk = exports.chunks[name] ?? (files[name] && require(files[name]).chunks[name]);
  if (chunk === undefined) return require(name);
  const module = loaded[name] = { exports: {} };
  chunk(module.exports, load, module);
  return module.exports;
}
exports.main = (version) => load(${JSON.stringify(entry)}).main(version);
`;
}

const commonJsName = (name) => name.replace(/\.js$/, '.cjs');
const digestOf = (files) =>
  createHash('sha256')
    .update([...files.values()].join())
    .digest('hex');
