import { bringAbout } from './givens.testing.ts';
import { Home } from './home.testing.ts';
import { fillIn, type Values, withPlaceholders } from './placeholders.testing.ts';
import { printCommand } from './print-transcript.testing.ts';
import type { Command, Scene } from './transcript.testing.ts';
import type { World } from './world.testing.ts';

/** A command of a transcript, and what came. */
export interface Comparison {
  /** The transcript's own lines, with what came in the place of placeholders. */
  readonly expected: string;
  readonly actual: string;
  /** How the command would stand in the transcript if what came were right. */
  readonly rewritten: Command;
}

/** Plays a scene from a new home to its end, whatever comes. */
export async function playScene(scene: Scene, world: World): Promise<Comparison[]> {
  await using home = await Home.open(world);
  const comparisons: Comparison[] = [];
  for (const step of scene.steps) {
    if (step.kind === 'given') await bringAbout(step.sentence, home);
    else comparisons.push(compare(step, await home.run(step.line), home.values));
  }
  return comparisons;
}

function compare(expected: Command, actual: Command, values: Values): Comparison {
  const filled = {
    ...expected,
    stdout: fillIn(expected.stdout, actual.stdout, values),
    stderr: fillIn(expected.stderr, actual.stderr, values),
  };
  const [wanted, came] = [printCommand(filled), printCommand(actual)];
  const written = (lines: readonly string[]) => lines.map((line) => withPlaceholders(line, values));
  const rewritten = { ...actual, stdout: written(actual.stdout), stderr: written(actual.stderr) };
  return { expected: wanted, actual: came, rewritten: wanted === came ? expected : rewritten };
}
