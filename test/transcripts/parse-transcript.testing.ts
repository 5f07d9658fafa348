import {
  type Command,
  type Entry,
  type Gap,
  type Given,
  type Scene,
  type Situation,
  situations,
  type Transcript,
} from './transcript.testing.ts';

type Changeable<Part> = {
  -readonly [Key in keyof Part]: Part[Key] extends readonly (infer Item)[] ? Item[] : Part[Key];
};
type OpenScene = Omit<Changeable<Scene>, 'steps'> & { steps: Array<Changeable<Command> | Given> };

/**
 * Reads the text of a `.transcript` file:
 *
 *     # success: a title           a scene
 *     ~ no network: a reason       why there is no such scene
 *     * alice is signed in         what the world is like from here on
 *     $ gprxy whoami               a command line for /bin/sh; `> ` goes on with it
 *     Alice Example                standard output; `| ` before a line that looks like something else, `|` for an empty one
 *     ! gprxy: ...                 standard error
 *     ? 4                          the exit code, where it is not 0
 *
 * Everything before the first scene that is none of these is prose. Throws an Error that names the line.
 */
export function parseTranscript(text: string): Transcript {
  const entries: Array<Exclude<Entry, Scene> | OpenScene> = [];
  for (const [index, line] of text.split('\n').entries()) {
    try {
      readLine(line, entries);
    } catch (error) {
      throw new Error(`line ${index + 1}: ${(error as Error).message}`);
    }
  }
  return entries;
}

function readLine(line: string, entries: Array<Exclude<Entry, Scene> | OpenScene>): void {
  const mark = line.slice(0, 2);
  const rest = line.slice(2);
  const last = entries.at(-1);
  const scene = last?.kind === 'scene' ? last : undefined;
  if (mark === '# ') entries.push(sceneOf(rest));
  else if (mark === '~ ') entries.push(gapOf(rest));
  else if (scene === undefined) {
    if (line !== '') entries.push({ kind: 'prose', text: line });
  } else if (mark === '* ') scene.steps.push({ kind: 'given', sentence: rest });
  else if (mark === '$ ') scene.steps.push({ kind: 'command', line: rest, stdout: [], stderr: [], exitCode: 0 });
  else if (line !== '') readOutput(line, scene.steps.at(-1));
}

function readOutput(line: string, step: Changeable<Command> | Given | undefined): void {
  if (step?.kind !== 'command') throw new Error('output without a command');
  const isFirst = step.stdout.length === 0 && step.stderr.length === 0;
  const [mark, rest] = [line.slice(0, 2), line.slice(2)];
  if (mark === '> ' && isFirst) step.line += `\n${rest}`;
  else if (mark === '! ' || line === '!') step.stderr.push(rest);
  else if (mark === '? ') step.exitCode = exitCodeOf(rest);
  else step.stdout.push(mark === '| ' || line === '|' ? rest : line);
}

function exitCodeOf(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new Error(`"${text}" is no exit code`);
  return Number(text);
}

function sceneOf(text: string): OpenScene {
  const [situation, title] = situationAndText(text);
  return { kind: 'scene', situation, title, steps: [] };
}

function gapOf(text: string): Gap {
  const [situation, reason] = situationAndText(text);
  return { kind: 'gap', situation, reason };
}

function situationAndText(text: string): [Situation, string] {
  const situation = situations.find((name) => text.startsWith(`${name}: `));
  if (situation === undefined) throw new Error(`"${text}" does not begin with one of: ${situations.join(', ')}`);
  return [situation, text.slice(situation.length + 2)];
}
