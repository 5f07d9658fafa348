import { describe, expect, it } from 'vitest';
import { readSidecarSettings } from './sidecar-settings.ts';
import { tomlLines } from './toml-lines.ts';

const file = { path: '/config.toml', lines: tomlLines('[sidecar]\nhealth = "x"\n') };
const read = (table: unknown) => readSidecarSettings(table, file);

describe('[sidecar]', () => {
  it('says where health is served, and that is nowhere unless it does', () => {
    expect(read({})).toEqual({});
    expect(read({ health: '127.0.0.1:9187' })).toEqual({ health: { host: '127.0.0.1', port: 9187 } });
    expect(read({ tracing: true })).toEqual({ tracing: true });
    expect(read({ health: '[::1]:0' })).toEqual({ health: { host: '::1', port: 0 } });
  });

  it.each([
    [{ health: '0.0.0.0:9187' }, '"0.0.0.0" can be reached from other machines'],
    [{ health: 'health.example:9187' }, 'can be reached from other machines'],
    [{ health: 'unix' }, '"health" must be an address such as "127.0.0.1:9187"'],
    [{ health: 9187 }, '"health" must be an address such as "127.0.0.1:9187"'],
    [{ tracing: 'yes' }, '"tracing" must be true or false'],
    [{ helth: '127.0.0.1:9187' }, 'unknown key "helth" in [sidecar]; did you mean "health"?'],
    ['on', '"sidecar" must be a table, such as [sidecar]'],
  ])('refuses %j', (table, problem) => {
    expect(() => read(table)).toThrow(problem);
  });
});
