/** What one measurement of one contender gave; a figure that could not be taken is left out. */
export type Figures = Readonly<Record<string, number>>;

/** By contender, one entry a round. */
export type Rounds = Readonly<Record<string, readonly Figures[]>>;

/**
 * A B C A B C ...: whatever else the machine does falls on all of them. What fails is measured once more, since a machine that is busy
 * for a moment should not end a run of half an hour; whoever fails twice has no figures of this measurement.
 */
export async function interleave<Runner extends { readonly name: string }>(
  runners: readonly Runner[],
  rounds: number,
  measure: (runner: Runner) => Promise<Figures>,
  say: (line: string) => void,
): Promise<Rounds> {
  const results = new Map<string, Figures[]>(runners.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const runner of runners) {
      const { name } = runner;
      const taken = results.get(name);
      if (taken === undefined) continue;
      try {
        taken.push(await measure(runner).catch(() => measure(runner)));
      } catch (error) {
        say(`${name} is left out here: ${(error as Error).message.split('\n')[0]}`);
        results.delete(name);
      }
    }
  }
  return Object.fromEntries(results);
}

/** One figure of each contender that has it, round by round. */
export function valuesOf(rounds: Rounds, figure: string): Record<string, number[]> {
  const entries = Object.entries(rounds).map(([name, list]) => [
    name,
    list.flatMap((figures) => figures[figure] ?? []).filter(Number.isFinite),
  ]);
  return Object.fromEntries(entries.filter(([, values]) => values?.length));
}
