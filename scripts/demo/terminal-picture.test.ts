import { expect, it } from 'vitest';
import { terminalPicture } from './terminal-picture.ts';

const texts = (svg: string) => [...svg.matchAll(/<text x="([\d.]+)" y="(\d+)"[^>]*>([^<]*)</g)].slice(1);

it('puts every piece of text in its cell, styled', () => {
  const svg = terminalPicture('\u001b[32m$\u001b[39m \u001b[1mls <dir>\u001b[22m\n\n\n\nfile\n', 'gprxy');
  expect(svg).toMatch(/fill="#7ee787">\$</);
  expect(svg).toMatch(/font-weight="bold">ls &#60;dir&#62;</);
  const [dollar, command, file] = texts(svg);
  expect(Number(command?.[1]) - Number(dollar?.[1])).toBeCloseTo(2 * 8.43, 0);
  expect(Number(file?.[2]) - Number(dollar?.[2])).toBe(2 * 19);
});

it('breaks long lines as a terminal does', () => {
  const rows = texts(terminalPicture('x'.repeat(250), 'gprxy')).map(([, , , text]) => text?.length);
  expect(rows).toEqual([104, 104, 42]);
});
