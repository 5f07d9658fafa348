#!/usr/bin/env node
// Makes a fresh checkout ready to run, with nothing but git, Node and npm on the machine. What is done already is not done again.
//   node scripts/setup.mjs [--test] [--bench] [--run FILE.ts ARGS...]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installDebianPackages } from './debian-packages.mjs';
import { pnpm } from './pnpm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = [20, 19];

const say = (line) => process.stderr.write(`${line}\n`);

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  say(`gprxy needs Node ${OLDEST_NODE.join('.')} or later; this is ${process.versions.node} (${process.execPath}).`);
  process.exit(3);
}

/** pnpm writes .modules.yaml when an installation is complete. */
function isInstalled() {
  const done = `${root}node_modules/.modules.yaml`;
  const wanted = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'];
  return existsSync(done) && wanted.every((file) => statSync(root + file).mtimeMs <= statSync(done).mtimeMs);
}

function must(what, run) {
  say(what);
  const status = run();
  if (status === 0) return;
  say(`${what} failed with exit code ${status}.`);
  process.exit(status);
}

function install() {
  if (isInstalled()) return;
  must('Installing packages (once; about a minute) ...', () =>
    pnpm(['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only', '--loglevel=warn'], {
      cwd: root,
    }),
  );
}

function compile() {
  const projects = ['proxy-core', 'loopback-http', 'credentials', 'sidecar', 'gateway', 'cli', 'testkit'].map(
    (name) => `packages/${name}`,
  );
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  must('Compiling ...', () => {
    const { status } = spawnSync(process.execPath, [tsc, '-b', ...projects], { cwd: root, stdio: 'inherit' });
    return status ?? 1;
  });
}

/** Runs a TypeScript file in this process's place: its exit code is ours, and signals reach it by the terminal or by us. */
function run(file, args) {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}

const args = process.argv.slice(2);
const runAt = args.indexOf('--run');
const own = runAt < 0 ? args : args.slice(0, runAt);

requireNode();
install();
if (own.includes('--test')) installDebianPackages('test', say);
if (own.includes('--bench')) installDebianPackages('bench', say);
compile();
if (runAt >= 0) run(args[runAt + 1], args.slice(runAt + 2));
