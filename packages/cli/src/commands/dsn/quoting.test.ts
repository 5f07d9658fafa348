import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionUrl } from '../../connection-url.ts';
import { formatDsn } from './format-dsn.ts';
import { shellWord } from './shell-word.ts';

/** Whatever a name may be in PostgreSQL: anything but NUL. */
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 63 }).filter((text) => !text.includes('\0'));
const names = fc.sample(
  fc.oneof(
    name,
    fc.string({ minLength: 1 }).filter((text) => !text.includes('\0')),
  ),
  300,
);
const target = { endpoint: { host: 'localhost', port: 5433 }, profile: 'prod', passwordFile: '/state/pgpass' };

describe('names of databases', () => {
  it.runIf(process.platform !== 'win32')('reach a command as they are through a shell', () => {
    const words = names.map(shellWord).join(' ');
    const { stdout } = spawnSync('sh', ['-s'], { input: `printf '%s\\0' ${words}`, encoding: 'utf8' });
    expect(stdout.split('\0').slice(0, -1)).toEqual(names);
  });

  it('come out of a URL as they went in', () => {
    // JavaScript's URL takes these two away, however they are written (WHATWG URL, dot segments); libpq does not.
    for (const database of names.filter((each) => each !== '.' && each !== '..')) {
      const url = new URL(connectionUrl({ ...target, database, user: database }));
      expect([decodeURIComponent(url.pathname.slice(1)), decodeURIComponent(url.username)]).toEqual([
        database,
        database,
      ]);
      expect(url.host).toBe('localhost:5433');
    }
  });

  it('never leave the apostrophes around the URL of --for psql', () => {
    for (const database of names) {
      const [line = ''] = formatDsn('psql', { ...target, database });
      expect(line).toMatch(/^psql '[^'\s]+'$/);
    }
  });

  it('come out of libpq’s keywords as they went in', () => {
    for (const database of names) {
      const [line = ''] = formatDsn('python', { ...target, database });
      expect(dbnameOf(line)).toBe(database);
    }
  });

  it.each(['a\nhost=evil.example', ' a', 'a '])('%j cannot stand in a service file, and is refused', (database) => {
    expect(() => formatDsn('pgservice', { ...target, database })).toThrow('service file');
  });
});

/** As libpq reads a value: up to a blank, or in apostrophes with backslashes (PostgreSQL documentation, "Keyword/Value Strings"). */
function dbnameOf(line: string): string | undefined {
  const [, quoted, bare] = / dbname=(?:'((?:\\.|[^\\'])*)'|(\S*)) sslmode=/s.exec(line) ?? [];
  return quoted?.replaceAll(/\\(.)/gs, '$1') ?? bare;
}
