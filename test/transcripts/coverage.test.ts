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
  it('are there for each command that "gprxy help" names, and each command below it', async () => {
    await using staged = await temporaryDirectory({ prefix: 'gprxy-staged-' });
    await stagePackage('cli', staged.path);
    const { bin } = JSON.parse(readFileSync(join(staged.path, 'package.json'), 'utf8'));
    const help = async (...words: string[]) => {
      const run = await promisify(execFile)(process.execPath, [join(staged.path, bin.gprxy), 'help', ...words]);
      const [upToExamples = ''] = run.stdout.split('\nExamples:');
      return [...upToExamples.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, name]) => name ?? '');
    };
    const commands = await help();
    expect(commands).toContain('login');
    expect(names).toEqual(expect.arrayContaining(commands));
    for (const command of ['profiles', 'service']) {
      const text = readFileSync(`${directory}${command}.transcript`, 'utf8');
      for (const inner of await help(command)) expect(text).toContain(`$ gprxy ${command} ${inner}`);
    }
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
