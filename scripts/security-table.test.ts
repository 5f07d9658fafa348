import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const page = new URL('../docs/security.md', import.meta.url);
const rows = [...readFileSync(page, 'utf8').matchAll(/^\| (S\d+) \|.*\|([^|]*)\|([^|]*)\|$/gm)].map(
  ([, number, state, where]) => ({ number, state, files: [...(where ?? '').matchAll(/\]\(([^)]+)\)/g)] }),
);

describe('docs/security.md', () => {
  it.each(rows)('names tests for $number that carry its number', ({ number, state, files }) => {
    expect(state?.trim()).toMatch(/^shown$|^partly: /);
    expect(files.length).toBeGreaterThan(0);
    for (const [, file] of files) {
      const text = readFileSync(fileURLToPath(new URL(file as string, page)), 'utf8');
      expect(text, file).toMatch(new RegExp(`['"\`]${number} `));
    }
  });
});
