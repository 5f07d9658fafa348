import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Writes bench/results/DATE.json and returns its path. */
export async function saveResults(results: object, now: Date): Promise<string> {
  const directory = fileURLToPath(new URL('results/', import.meta.url));
  await mkdir(directory, { recursive: true });
  const path = `${directory}${now.toISOString().replace(/[:.]/g, '-')}.json`;
  await writeFile(path, `${JSON.stringify(results, undefined, 2)}\n`);
  return path;
}
