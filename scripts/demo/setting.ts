import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, leaveTask, type Stack, startStack } from '@gprxy/testkit';
import type { Narrator } from './narrator.ts';
import type { DemoOptions } from './options.ts';
import { Terminal } from './terminal.ts';

/** What the scenes play in. */
export interface Setting {
  readonly stack: Stack;
  readonly terminal: Terminal;
  readonly narrator: Narrator;
  readonly options: DemoOptions;
  /** Where the sidecar will listen. */
  readonly sidecarPort: number;
  readonly signal: AbortSignal;
}

/** Starts PostgreSQL, the provider and the gateway, and writes a gprxy configuration with alice's and mallory's profiles. */
export async function prepareSetting(
  narrator: Narrator,
  options: DemoOptions,
  signal: AbortSignal,
): Promise<Setting & AsyncDisposable> {
  const stack = await startStack({ gatewayPort: await freePort(6432), provider: { interval: 1 } });
  const sidecarPort = await freePort(5433);
  const configFile = join(stack.directory, 'config.toml');
  const prod = stack.profile({ name: 'prod', listen: `127.0.0.1:${sidecarPort}` });
  const mallory = stack.profile({ name: 'mallory' });
  await writeFile(configFile, `default_profile = "prod"\n\n${prod}\n${mallory}`, { mode: 0o600 });
  const env = { GPRXY_CONFIG: configFile, GPRXY_STATE_DIR: join(stack.directory, 'gprxy') };
  const terminal = new Terminal(narrator, env, signal);
  return {
    ...{ stack, terminal, narrator, options, sidecarPort, signal },
    [Symbol.asyncDispose]: () => stack.stop(),
  };
}

/** The sidecar goes on in the background; it must not outlive the demo. */
export async function leashSidecar({ terminal }: Setting): Promise<void> {
  const { stdout } = await terminal.runUnseen('gprxy status --json');
  const { pid } = JSON.parse(stdout) as { pid?: number };
  if (pid !== undefined) leaveTask(`TERM ${pid}`);
}
