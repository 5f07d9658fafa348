import { readFileSync } from 'node:fs';
import { loadConfig, type Profile } from '@gprxy/sidecar';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../docs/sources.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```toml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);

function read(text: string) {
  return loadConfig({
    env: { GPRXY_CONFIG: '/etc/gprxy/config.toml' },
    platform: 'linux',
    homedir: '/home/alice',
    readFile: async () => text,
  });
}

describe('docs/sources.md', () => {
  it.each(blocks)('shows profiles that load: %s', async (text) => {
    const { profiles, problems } = await read(text);
    expect([...problems.values()].map(({ message }) => message)).toEqual([]);
    expect(profiles.size).toBeGreaterThan(0);
  });

  it('shows each kind, and has its heading in the table at the top', async () => {
    const configs = await Promise.all(blocks.map(read));
    const kinds = configs.flatMap(({ profiles }) =>
      [...profiles.values()].map((profile: Profile) => profile.credential.kind),
    );
    const all = await read('[profiles.x]\ncredential = "nonsense"\n');
    const known = [...(all.problems.get('x')?.message.matchAll(/"([a-z-]+)"(?=,|$)/g) ?? [])].map(([, kind]) => kind);
    expect(known.length).toBe(9);
    expect(new Set(kinds)).toEqual(new Set(known));
    const anchors = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^a-z -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(new Set(anchors)).toEqual(new Set(headings));
  });
});
