// Native modules cannot be loaded out of an executable. This one goes to a directory of the user's own, where nobody else can put another.
'use strict';
const fs = require('node:fs');
const { dirname, join } = require('node:path');
const sea = require('node:sea');
const { cacheDirectory, isPrivate, readPrivate } = require('../../packages/cli/bin/compile-cache.cjs');

/** As in node_modules, so that `require('keytar')` finds it. */
const FILES = {
  'package.json': 'keytar/package.json',
  'keytar.js': 'keytar/lib/keytar.js',
  'keytar.node': `keytar/prebuilds/${process.platform}-${process.arch}/keytar.node`,
};

/** Puts keytar in place if it is not, and checks it byte by byte if it is. Returns the name of a file that `createRequire` may start from. */
function extractKeytar() {
  const directory = join(cacheDirectory(process) ?? fail('there is no home directory'), sea.getAsset('digest', 'utf8'));
  for (const [asset, file] of Object.entries(FILES))
    place(join(directory, 'node_modules', file), sea.getAsset(asset), directory);
  return join(directory, 'gprxy.cjs');
}

function place(file, asset, root) {
  const wanted = Buffer.from(asset);
  for (let directory = dirname(file); directory.length >= dirname(root).length; directory = dirname(directory))
    if (!isPrivate(directory)) fail(`${directory} is not a directory that only you can write to`);
  if (readPrivate(file)?.equals(wanted)) return;
  const half = `${file}.${process.pid}`;
  fs.rmSync(half, { force: true });
  fs.writeFileSync(half, wanted, { mode: 0o600, flag: 'wx' });
  fs.renameSync(half, file);
}

function fail(why) {
  throw new Error(`the keychain library cannot be put in place: ${why}`);
}

module.exports = { extractKeytar };
