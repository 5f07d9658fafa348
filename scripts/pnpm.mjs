#!/usr/bin/env node
// Runs the workspace's own pnpm version, so that a machine needs nothing but git, Node and npm.
import { spawnSync } from 'node:child_process';

export const PNPM = 'pnpm@10.34.9';

/** Runs pnpm with `args` and returns its exit code. */
export function pnpm(args, options = {}) {
  // On Windows npx is a batch file, and Node starts those by a shell only.
  const shell = process.platform === 'win32';
  const result = spawnSync('npx', ['--yes', PNPM, ...args], { stdio: 'inherit', shell, ...options });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) process.exitCode = pnpm(process.argv.slice(2));
