import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configOf } from './config.testing.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, example = ''] = /```toml\n([\s\S]*?)```/.exec(readme) ?? [];

describe('the example in the README', () => {
  it('is a file that the gateway takes', () => {
    const config = configOf(example);
    expect([...config.databases.keys()]).toEqual(['sales']);
    expect(config.rules).toHaveLength(2);
  });

  it('says the defaults where it says that it does', () => {
    const { claimSettings } = configOf(example.replace(/\[settings\][\s\S]*?\n\n/, ''));
    expect(configOf(example).claimSettings).toEqual(claimSettings);
  });
});
