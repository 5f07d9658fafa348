import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillIn, withPlaceholders, withValues } from './placeholders.testing.ts';

const values = { issuer: 'http://127.0.0.1:4711', home: '/tmp/home' };
const line = fc.string().filter((text) => text !== '...');

describe('what a transcript expects', () => {
  it('is met by exactly the same lines, whatever they are', () => {
    const isMet = (lines: readonly string[]) => {
      expect(fillIn(lines, lines, {})).toEqual(lines);
    };
    fc.assert(fc.property(fc.array(line), isMet));
  });

  it('is met by what update mode has made of the same output', () => {
    const piece = fc.constantFrom(
      ...['in 5 minutes', '2 hours ago', 'process 12', '127.0.0.1:543', 'at 09:59', 'WDJB-MJHT'],
      ...['eyJh.eyJi.sig', '2026-01-02T03:04:05.678Z', ...Object.values(values), ' and ', '. (', '{email}'],
    );
    const output = fc.array(fc.array(piece).map((pieces) => pieces.join(' ')));
    const survives = (lines: readonly string[]) => {
      const written = lines.map((text) => withPlaceholders(text, values));
      expect(fillIn(written, lines, values)).toEqual(lines);
    };
    fc.assert(fc.property(output, survives));
  });

  it('leaves open how many spare sessions there are, once a client has come', () => {
    const row = (spares: string, total: string) =>
      `prod  unix  listening  0     ${spares}      ${total}      not used yet`;
    expect(withPlaceholders(row('1', '12'), {})).toBe(row('{number}', '12'));
    expect(withPlaceholders(row('0', '0'), {})).toBe(row('0', '0'));
    expect(fillIn([row('{number}', '1')], [row('0', '1')], {})).toEqual([row('0', '1')]);
  });

  it('is met by any number of lines where it has dots', () => {
    for (const came of [
      ['a', 'z'],
      ['a', 'b', 'z'],
      ['a', '', '...', 'z'],
    ]) {
      expect(fillIn(['a', '...', 'z'], came, {})).toEqual(came);
      expect(fillIn(['a', '...'], came, {})).toEqual(came);
      expect(fillIn(['...'], came, {})).toEqual(came);
    }
    expect(fillIn(['a', '...', 'z'], ['a', 'b'], {})).toEqual(['a', 'z']);
  });

  it('differs from what came only in the lines that are wrong', () => {
    const expected = ['Listening on {issuer}, port {port}', 'as {name}', 'last'];
    const came = ['Listening on http://127.0.0.1:4711, port 80', 'as {name}!', 'last', 'and more'];
    expect(fillIn(expected, came, values)).toEqual([came[0], 'as {name}', 'last']);
  });

  it('has its values put into command lines, and leaves braces alone that are none of ours', () => {
    expect(withValues(`login --issuer {issuer} --user '{email}'`, values)).toBe(
      `login --issuer http://127.0.0.1:4711 --user '{email}'`,
    );
  });
});
