import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Program, spawnProgram } from '../program.ts';

/** The command as `tsc -b` has built it. */
const BUILT = fileURLToPath(new URL('../../../gateway/bin/gprxy-gateway.mjs', import.meta.url));

export interface RunningGateway {
  readonly host: 'localhost';
  readonly port: number;
  readonly configFile: string;
  readonly program: Program;
}

/** Runs `gprxy-gateway serve` and resolves once it listens; rejects with what it said when it does not. `more`: variables of its own. */
export async function startGateway(
  configFile: string,
  more: Readonly<Record<string, string>> = {},
): Promise<RunningGateway> {
  const { NODE_EXTRA_CA_CERTS: _ours, ...ours } = process.env;
  const env = { ...ours, ...more };
  const args = [BUILT, 'serve', '--config', configFile];
  const program = spawnProgram({ command: process.execPath, args, env, cwd: dirname(configFile) });
  const [, port] = await program.waitForLine(/"addresses":\["127\.0\.0\.1:(\d+)"/);
  return { host: 'localhost', port: Number(port), configFile, program };
}
