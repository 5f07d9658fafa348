import { cliPart } from './cli/cli-part.ts';
import { connectPart } from './connect/connect-part.ts';
import { idlePart } from './idle/idle-part.ts';
import { describeMachine } from './machine.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import type { Part, PartResult } from './part.ts';
import { relayPart } from './relay/relay-part.ts';
import { formatPart } from './report.ts';
import { saveResults } from './save-results.ts';

const PARTS: readonly Part[] = [cliPart, connectPart, idlePart, relayPart];

/** Runs the parts that `args` ask for; returns the exit code. Figures go to stdout, all else to stderr. */
export async function main(args: readonly string[]): Promise<number> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  let options: BenchOptions;
  let parts: Part[];
  try {
    options = parseOptions(args);
    parts = chooseParts(options.parts);
  } catch (error) {
    say(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const startedAt = new Date();
  const results: PartResult[] = [];
  const sayWhen = options.smoke ? say : withTime(say, minutes(sum(parts.map((part) => part.estimateSeconds(options)))));
  for (const part of parts) results.push(await part.run(options, sayWhen));
  const report = { startedAt: startedAt.toISOString(), machine: describeMachine(), options, results };
  // What has only just started says nothing about the bars.
  const table = () => results.map((result) => formatPart(result, { judged: !options.smoke })).join('\n');
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : table());
  if (!options.smoke) say(`Written to ${await saveResults(report, startedAt)}`);
  return 0;
}

/** Nobody sits in front of it for half an hour: each line says how far it is. */
function withTime(say: (line: string) => void, expected: string): (line: string) => void {
  const startedAt = performance.now();
  return (line) => say(`[${minutes((performance.now() - startedAt) / 1_000)} of about ${expected}] ${line}`);
}

const minutes = (seconds: number) => `${Math.round(seconds / 60)} min`;
const sum = (list: readonly number[]) => list.reduce((total, each) => total + each, 0);

function chooseParts(names: readonly string[]): Part[] {
  const unknown = names.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined) throw new TypeError(`there is no part "${unknown}"`);
  return PARTS.filter(({ name }) => names.length === 0 || names.includes(name));
}
