// npm run demo: everything from the login to the audit on real parts, on this machine, leaving nothing behind.
//   npm run demo -- [--interactive] [--keep]
import { Narrator } from './demo/narrator.ts';
import { play } from './demo/play.ts';
import { keepRunning, signOut, story } from './demo/scenes.ts';
import type { DemoOptions } from './demo/setting.ts';

const USAGE = `npm run demo -- [--interactive] [--keep]

  --interactive  you approve the login, in your own browser
  --keep         leaves everything running until Ctrl-C, and says how to connect
`;
/** Nothing of it takes this long; the demo ends with an error rather than never. */
const DEADLINE_MS = 120_000;

function parseArguments(args: readonly string[]): DemoOptions {
  const unknown = args.filter((arg) => !['--interactive', '--keep'].includes(arg));
  if (unknown.length > 0) {
    process.stderr.write(USAGE);
    process.exit(unknown.every((arg) => arg === '--help') ? 0 : 2);
  }
  return { interactive: args.includes('--interactive'), keep: args.includes('--keep') };
}

function interruptions({ interactive, keep }: DemoOptions): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort(signal));
  const waitsForSomebody = interactive || keep;
  return waitsForSomebody ? controller.signal : AbortSignal.any([controller.signal, AbortSignal.timeout(DEADLINE_MS)]);
}

const options = parseArguments(process.argv.slice(2));
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
