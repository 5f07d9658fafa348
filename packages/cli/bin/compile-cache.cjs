// Keeps what V8 makes of the bundle between runs, in a directory of the user's own. Whoever can write there decides what we run, so neither
// Node's own default below /tmp nor a directory or file that others can write will do; without one, the bundle is simply compiled again.
'use strict';
const fs = require('node:fs');
const { basename, dirname, join } = require('node:path');

/** What `require('node:module')` gives too, after half a millisecond. */
const Module = module.constructor;

/** `// ` and a SHA-256 of the whole bundle in hexadecimal: the first line of each of its packs. */
const DIGEST = /^\/\/ ([0-9a-f]{64})\n/;

/** `require(file)` for a CommonJS module that starts with its digest, compiled once and then remembered for runs of the same `use`. */
function requireCompiled(file, use) {
  const directory = cacheDirectory(process);
  if (directory === undefined || !isPrivate(directory)) return require(file);
  // Node 22.8 and newer do it themselves, also for what is loaded later.
  if (Module.enableCompileCache !== undefined) {
    Module.enableCompileCache(directory);
    return require(file);
  }
  // The bundler writes ASCII, which is read faster when nobody looks for more.
  const source = fs.readFileSync(file, 'latin1');
  const digest = DIGEST.exec(source)?.[1];
  if (digest === undefined) return require(file);
  const name = `${digest.slice(0, 32)}-${basename(file)}-${process.version}-${process.arch}-${use}`;
  const plainRequire = Module.createRequire(file);
  const requirePack = (wanted) =>
    wanted.startsWith('./pack-') ? requireCompiled(join(dirname(file), wanted), use) : plainRequire(wanted);
  return run(file, source, join(directory, name), requirePack);
}

function run(file, source, cacheFile, requireNext) {
  const { constants, Script } = require('node:vm');
  const cachedData = readPrivate(cacheFile);
  const script = new Script(Module.wrap(source), {
    filename: file,
    cachedData,
    // A callback of our own would need --experimental-vm-modules.
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = new Module(file);
  module.filename = file;
  require.cache[file] = module;
  script.runInThisContext()(module.exports, requireNext, module, file, dirname(file));
  module.loaded = true;
  if (cachedData === undefined || script.cachedDataRejected)
    process.once('exit', (code) => save(script, cacheFile, code));
  return module.exports;
}

/** At the end of a run that went well: then it has the functions that such a run needs. */
function save(script, cacheFile, exitCode) {
  if (exitCode !== 0) return;
  const directory = dirname(cacheFile);
  const half = `${cacheFile}.${process.pid}`;
  try {
    fs.writeFileSync(half, script.createCachedData(), { mode: 0o600, flag: 'wx' });
    fs.renameSync(half, cacheFile);
    const [digest] = basename(cacheFile).split('-');
    const isOld = (name) => /^[0-9a-f]{32}-/.test(name) && !name.startsWith(digest);
    for (const name of fs.readdirSync(directory).filter(isOld)) fs.rmSync(join(directory, name));
  } catch {
    // A full disk, or another process that did the same: nothing is lost but time.
  }
}

/** Undefined where there is no home. */
function cacheDirectory({ env, platform }) {
  const home = platform === 'win32' ? env.LOCALAPPDATA : env.HOME;
  const isAbsolute = (path) => path !== undefined && require('node:path').isAbsolute(path);
  if (isAbsolute(env.GPRXY_STATE_DIR)) return join(env.GPRXY_STATE_DIR, 'compiled');
  if (platform === 'linux' && isAbsolute(env.XDG_CACHE_HOME)) return join(env.XDG_CACHE_HOME, 'gprxy', 'compiled');
  if (!isAbsolute(home)) return undefined;
  const place = { win32: 'gprxy', darwin: 'Library/Caches/gprxy' }[platform] ?? '.cache/gprxy';
  return join(home, place, 'compiled');
}

/** Made if it is missing. On Windows the profile's own access list is what protects it. */
function isPrivate(directory) {
  try {
    const made = fs.lstatSync(directory, { throwIfNoEntry: false });
    if (made === undefined) fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    return isOurs(made ?? fs.lstatSync(directory), 'isDirectory');
  } catch {
    return false;
  }
}

/** Its bytes; undefined when there is no such file, or it is not ours alone. */
function readPrivate(file) {
  try {
    const { O_RDONLY, O_NOFOLLOW = 0 } = fs.constants;
    const descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW);
    try {
      return isOurs(fs.fstatSync(descriptor), 'isFile') ? fs.readFileSync(descriptor) : undefined;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

function isOurs(stats, isKind) {
  if (!stats[isKind]()) return false;
  return process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o022) === 0);
}

module.exports = { requireCompiled, cacheDirectory, isPrivate, readPrivate };
