#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
// In a checkout `tsc -b` is what the developer has just built; an installed package carries only the bundle.
const built = new URL('../dist/main.js', import.meta.url);
const { main } = await import(existsSync(built) ? built.href : new URL('../dist/bundle/main.js', import.meta.url).href);
await main(version);
