import { parseOptions, type SoakOptions, USAGE } from './options.ts';
import { complaints, formatResult } from './report.ts';
import { soak } from './soak.ts';

/** The result goes to stdout, progress to stderr. Returns the exit code: 1 when something was wrong. */
export async function main(args: readonly string[]): Promise<number> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  let options: SoakOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    say(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const result = await soak(options, say);
  process.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : formatResult(result));
  return complaints(result).length === 0 ? 0 : 1;
}
