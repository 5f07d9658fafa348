import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { has } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTranscript } from './parse-transcript.testing.ts';
import { playScene } from './play-scene.testing.ts';
import { printTranscript } from './print-transcript.testing.ts';
import type { Entry, Scene } from './transcript.testing.ts';
import { startWorld, type World } from './world.testing.ts';

// UPDATE_TRANSCRIPTS=1 npx vitest run test/transcripts: writes what came into the files. Read the diff before you keep it.
const isUpdate = process.env.UPDATE_TRANSCRIPTS !== undefined && process.env.CI !== 'true';
const directory = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(directory).filter((name) => name.endsWith('.transcript'));

describe.runIf(has.psql)('gprxy, installed with npm', () => {
  let world: World | undefined;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  describe.each(files)('%s', (file) => {
    const path = `${directory}${file}`;
    const entries: Entry[] = [...parseTranscript(readFileSync(path, 'utf8'))];
    const play = async (scene: Scene) => {
      const comparisons = await playScene(scene, world as World);
      if (isUpdate) entries[entries.indexOf(scene)] = rewrite(scene, comparisons);
      else for (const { expected, actual } of comparisons) expect(actual).toBe(expected);
    };
    const scenes = entries.filter((entry) => entry.kind === 'scene');
    // Most of a scene is waiting. Those that change the provider, which all have in common, come one at a time afterwards.
    it.concurrent.each(named(scenes.filter((scene) => !changesProvider(scene))))('%s', (_, scene) => play(scene));
    it.each(named(scenes.filter(changesProvider)))('%s', (_, scene) => play(scene));
    if (isUpdate) afterAll(() => writeFileSync(path, printTranscript(entries)));
  });
});

const named = (scenes: readonly Scene[]) =>
  scenes.map((scene) => [`${scene.situation}: ${scene.title}`, scene] as const);

function changesProvider({ steps }: Scene): boolean {
  return steps.some((step) => step.kind === 'given' && step.sentence.startsWith('the identity provider '));
}

function rewrite(scene: Scene, comparisons: Awaited<ReturnType<typeof playScene>>): Scene {
  const commands = comparisons.map(({ rewritten }) => rewritten);
  return { ...scene, steps: scene.steps.map((step) => (step.kind === 'given' ? step : (commands.shift() ?? step))) };
}
