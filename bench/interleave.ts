/** What one measurement of one contender gave; a figure that could not be taken is left out. */
export type Figures = Readonly<Record<string, number>>;

/** By contender, one entry a round. */
export type Rounds = Readonly<Record<string, readonly Figures[]>>;

/** A B C A B C ...: whatever else the machine does falls on all of them. */
export async function interleave<Runner extends { readonly name: string }>(
  runners: readonly Runner[],
  rounds: number,
  measure: (runner: Runner) => Promise<Figures>,
): Promise<Rounds> {
  const results: Record<string, Figures[]> = Object.fromEntries(runners.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const runner of runners) results[runner.name]?.push(await measure(runner));
  }
  return results;
}

/** One figure of each contender that has it, round by round. */
export function valuesOf(rounds: Rounds, figure: string): Record<string, number[]> {
  const entries = Object.entries(rounds).map(([name, list]) => [
    name,
    list.flatMap((figures) => figures[figure] ?? []).filter(Number.isFinite),
  ]);
  return Object.fromEntries(entries.filter(([, values]) => values?.length));
}
