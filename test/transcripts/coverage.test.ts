import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryDirectory } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { stagePackage } from '../../scripts/bundle.mjs';
import { parseTranscript } from './parse-transcript.testing.ts';
import { situations } from './transcript.testing.ts';

const directory = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(directory)
  .filter((name) => name.endsWith('.transcript'))
  .map((name) => name.replace('.transcript', ''));

describe('the transcripts', () => {
  it('are there for each command that "gprxy help" names', async () => {
    await using staged = await temporaryDirectory({ prefix: 'gprxy-staged-' });
    await stagePackage('cli', staged.path);
    const help = await promisify(execFile)(process.execPath, [join(staged.path, 'bin/gprxy.cjs'), 'help']);
    const [upToExamples = ''] = help.stdout.split('\nExamples:');
    const commands = [...upToExamples.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, name]) => name);
    expect(commands).toContain('login');
    expect(names).toEqual(expect.arrayContaining(commands));
  });

  it.each(names)('show %s in every situation, or say why there is none', (name) => {
    const entries = parseTranscript(readFileSync(`${directory}${name}.transcript`, 'utf8'));
    const told = entries.flatMap((entry) => {
      if (entry.kind === 'prose') return [];
      if (entry.kind === 'gap') return entry.reason.length < 10 ? [] : [entry.situation];
      return entry.steps.some((step) => step.kind === 'command' && step.line.includes('gprxy'))
        ? [entry.situation]
        : [];
    });
    expect(new Set(told)).toEqual(new Set(situations));
  });
});
