#!/usr/bin/env node
// CommonJS: Node starts it sooner than an ES module, and people wait for this each time.
'use strict';
const { existsSync, readFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');

const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8'));
const [, , command] = process.argv;

if (command === '--version' && process.argv.length === 3) {
  // Asked by scripts and editors often enough to be worth not loading the rest.
  printVersion();
} else {
  // In a checkout `tsc -b` is what the developer has just built; an installed package carries only the bundle.
  const built = join(__dirname, '../dist/main.js');
  if (existsSync(built)) import(require('node:url').pathToFileURL(built).href).then(({ main }) => main(version));
  else bundled().main(version);
}

function printVersion() {
  try {
    // Making process.stdout takes three milliseconds.
    writeSync(1, `${version}\n`);
  } catch {
    console.log(version);
  }
}

function bundled() {
  const { requireCompiled } = require('./compile-cache.cjs');
  return requireCompiled(join(__dirname, '../dist/bundle/main.cjs'), /^[a-z-]{1,20}$/.test(command) ? command : 'any');
}
