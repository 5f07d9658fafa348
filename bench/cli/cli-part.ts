import { has } from '@gprxy/testkit';
import { installGprxy } from '../../test/gprxy-shell.testing.ts';
import { interleave, valuesOf } from '../interleave.ts';
import type { Part } from '../part.ts';
import type { Bar, MeasuredRow } from '../report.ts';
import { type Start, timeOf } from './start.ts';
import { signedInStarts } from './starts.ts';

const NODE = 'node -e 0';
const BARS: readonly Bar[] = [
  { ours: 'get-token', than: NODE, atMostTimes: 1.6 },
  { ours: '--version', than: NODE, atMostTimes: 1.25 },
];
/** That are compared, in two surroundings. */
const STARTS = 8;
/** A start takes a fraction of what the rounds of the other parts take, and its noise is that of a process. */
const STARTS_A_ROUND = 8;

/** P5: how long a command takes that has nothing to wait for, as a multiple of Node doing nothing. */
export const cliPart: Part = {
  name: 'cli',
  estimateSeconds: ({ rounds }) => 20 + rounds * STARTS_A_ROUND * STARTS * 2 * 0.06,
  async run({ rounds, smoke }, say) {
    say('cli: signing in');
    await using gprxy = await installGprxy();
    await using world = await signedInStarts(gprxy);
    const node: Start = {
      name: NODE,
      does: 'Node itself, doing nothing',
      command: process.execPath,
      args: ['-e', '0'],
    };
    const psql: Start = { name: 'psql', does: 'psql --version, to compare', command: 'psql', args: ['--version'] };
    const starts = [node, ...world.starts, ...(has.psql ? [psql] : [])];
    const rows: MeasuredRow[] = [];
    for (const [title, extra] of Object.entries(world.surroundings)) {
      say(`starts, ${title}`);
      for (const start of starts) timeOf(start, { ...world.env, ...extra });
      const laps = smoke ? 1 : rounds * STARTS_A_ROUND;
      const results = await interleave(
        starts,
        laps,
        async (start) => ({
          ms: timeOf(start, { ...world.env, ...extra }),
        }),
        say,
      );
      rows.push({ title, unit: 'ms', show: 'ratio', values: valuesOf(results, 'ms'), bars: BARS });
    }
    return { part: 'cli', baseline: NODE, contenders: starts.map(({ name, does }) => ({ name, does })), rows };
  },
};
