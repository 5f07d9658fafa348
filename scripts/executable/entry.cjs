// What the single-file executable runs. Node itself is in that file, so process.execPath is gprxy and reads no options of Node's.
'use strict';
const { main } = require('../../packages/cli/src/main.ts');
const { version } = require('../../packages/cli/package.json');
const { extractKeytar } = require('./extract-keytar.cjs');

// Stands for import.meta.url in all that is bundled: native modules are looked for from there, and put there by the first who looks.
globalThis.gprxyModule = {
  get url() {
    return require('node:url').pathToFileURL(extractKeytar()).href;
  },
};

const [, , command, ...args] = process.argv;
if (command === '--version' && args.length === 0) require('node:fs').writeSync(1, `${version}\n`);
else if (command === '-e' && args.length === 2) runForKeychain(...args);
else main(version);

/** A call of the keychain that may block runs in a child: `process.execPath -e PROGRAM PATH-OF-KEYTAR`, where PATH is the one that was put there. */
function runForKeychain(program, path) {
  const requireNext = require('node:module').createRequire(globalThis.gprxyModule.url);
  if (path !== requireNext.resolve('keytar')) process.exit(2);
  process.argv.splice(1, process.argv.length, path);
  require('node:vm').compileFunction(program, ['require'])(requireNext);
}
