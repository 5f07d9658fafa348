import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { LONG } from './longest-first.ts';

it('the files that are to begin first are there', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  expect(LONG.filter((file) => !existsSync(root + file))).toEqual([]);
});
