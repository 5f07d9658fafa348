import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTranscript } from './parse-transcript.testing.ts';
import { printTranscript } from './print-transcript.testing.ts';
import { situations, type Transcript } from './transcript.testing.ts';

const marks = fc.constantFrom('', '# ', '~ ', '* ', '$ ', '> ', '! ', '? ', '| ', '!', '|', '...', '{port}');
const oneLine = fc.tuple(marks, fc.string()).map(([mark, text]) => mark + text.replaceAll('\n', ''));
const words = fc.stringMatching(/^\w[\w ]*$/);
const command = fc.record({
  kind: fc.constant('command' as const),
  line: fc.array(oneLine, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n')),
  stdout: fc.array(oneLine),
  stderr: fc.array(oneLine),
  exitCode: fc.nat(255),
});
const given = fc.record({ kind: fc.constant('given' as const), sentence: words });
const scene = fc.record({
  kind: fc.constant('scene' as const),
  situation: fc.constantFrom(...situations),
  title: words,
  steps: fc.array(fc.oneof(command, given)),
});
const gap = fc.record({ kind: fc.constant('gap' as const), situation: fc.constantFrom(...situations), reason: words });
const prose = fc.record({ kind: fc.constant('prose' as const), text: words });
const transcript = fc
  .tuple(fc.array(prose), fc.array(fc.oneof(scene, gap)))
  .map(([before, entries]) => [...before, ...entries]);

describe('a transcript', () => {
  it('is the same after it was printed and parsed', () => {
    const survives = (entries: Transcript) => {
      expect(parseTranscript(printTranscript(entries))).toEqual(entries);
    };
    fc.assert(fc.property(transcript, survives));
  });

  it('reads as a shell would show it', () => {
    const text = [
      'whoami tells who is signed in.',
      '',
      '# bad usage: a word too many',
      '* alice is signed in',
      '$ gprxy whoami twice | \\',
      '> cat',
      '|',
      'to standard output',
      '! to standard error',
      '? 2',
      '',
      '~ no network: it asks nobody',
      '',
    ].join('\n');
    const entries = parseTranscript(text);
    expect(entries).toEqual([
      { kind: 'prose', text: 'whoami tells who is signed in.' },
      {
        kind: 'scene',
        situation: 'bad usage',
        title: 'a word too many',
        steps: [
          { kind: 'given', sentence: 'alice is signed in' },
          {
            kind: 'command',
            line: 'gprxy whoami twice | \\\ncat',
            stdout: ['', 'to standard output'],
            stderr: ['to standard error'],
            exitCode: 2,
          },
        ],
      },
      { kind: 'gap', situation: 'no network', reason: 'it asks nobody' },
    ]);
    expect(printTranscript(entries)).toBe(text);
  });

  it.each([
    ['# a situation that does not exist: x', 'line 1: "a situation that does not exist: x" does not begin with one of'],
    ['# success: x\nout of nowhere', 'line 2: output without a command'],
    ['# success: x\n$ true\n? one', 'line 3: "one" is no exit code'],
  ])('that is written wrong says where: %j', (text, message) => {
    expect(() => parseTranscript(text)).toThrow(message);
  });
});
