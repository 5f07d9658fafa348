#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

if (process.argv.length === 3 && process.argv[2] === '--version') {
  // Asked by scripts and editors often enough to be worth not loading the rest.
  console.log(version);
} else {
  // Saves the compiled form of what follows between runs, where the runtime can (Node 22.8 and newer).
  module.enableCompileCache?.();
  // In a checkout `tsc -b` is what the developer has just built; an installed package carries only the bundle.
  const built = new URL('../dist/main.js', import.meta.url);
  const { main } = await import(
    existsSync(built) ? built.href : new URL('../dist/bundle/main.js', import.meta.url).href
  );
  await main(version);
}
