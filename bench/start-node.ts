import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Program, startProgram } from './program.ts';

/** Below the packages that the programs import. */
const DIRECTORY = fileURLToPath(new URL('../node_modules/.cache/gprxy-bench', import.meta.url));

export interface NodeProgramOptions {
  /** Its TypeScript source. */
  readonly source: string;
  /** Becomes its standard input, as JSON. */
  readonly settings: { readonly port: number };
  readonly nodeOptions?: readonly string[];
  readonly startTimeoutMs?: number;
}

/**
 * Starts a program of the benchmark as JavaScript. A compiler in the same process would be measured too: its heap is several times
 * that of what users run, and each collection of garbage as much longer.
 */
export async function startNode(options: NodeProgramOptions): Promise<Program> {
  const { source, settings, nodeOptions = [], startTimeoutMs } = options;
  await mkdir(DIRECTORY, { recursive: true });
  const outfile = `${DIRECTORY}/${basename(source, '.ts')}.mjs`;
  await build({ entryPoints: [source], outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm' });
  const args = [...nodeOptions, outfile];
  return startProgram({
    ...{ command: process.execPath, args, input: JSON.stringify(settings), port: settings.port },
    ...(startTimeoutMs !== undefined && { startTimeoutMs }),
  });
}
