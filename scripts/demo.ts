// npm run demo: everything from the login to the audit on real parts, on this machine, leaving nothing behind.
//   npm run demo -- [--interactive] [--keep]
import { Narrator } from './demo/narrator.ts';
import { type DemoOptions, readOptions } from './demo/options.ts';
import { play } from './demo/play.ts';
import { keepRunning, signOut, story } from './demo/scenes.ts';

/** Nothing of it takes this long; the demo ends with an error rather than never. */
const DEADLINE_MS = 120_000;

/** Ends the process where there is nothing to play. */
function optionsOf(args: readonly string[]): DemoOptions {
  const read = readOptions(args, process.env);
  if ('options' in read) return read.options;
  process.stderr.write(read.text);
  process.exit(read.exitCode);
}

function interruptions({ interactive, keep }: DemoOptions): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort(signal));
  const waitsForSomebody = interactive || keep;
  return waitsForSomebody ? controller.signal : AbortSignal.any([controller.signal, AbortSignal.timeout(DEADLINE_MS)]);
}

const options = optionsOf(process.argv.slice(2));
const signal = interruptions(options);
const coloured = process.stdout.isTTY === true && !process.env.NO_COLOR;
const narrator = new Narrator((text) => process.stdout.write(text), coloured);
const startedAt = performance.now();
try {
  await play(narrator, options, signal, [...story, options.keep ? keepRunning : signOut]);
  if (!signal.aborted)
    narrator.say(`That took ${Math.round((performance.now() - startedAt) / 1_000)} s. Nothing of it is left.`);
} catch (error) {
  if (!signal.aborted) throw error;
}
if (signal.aborted) {
  const isDeadline = typeof signal.reason !== 'string';
  process.stderr.write(isDeadline ? 'The demo took too long and was ended.\n' : '\nStopped; nothing of it is left.\n');
  process.exitCode = isDeadline ? 1 : options.keep && signal.reason === 'SIGINT' ? 0 : 130;
}
