import { describe, expect, it } from 'vitest';
import { statementsIn } from './statements-in.ts';

const plain = { tuplesOnly: false, aligned: true };

describe("psql's arguments without psql", () => {
  it.each([
    { args: ['-c', 'select 1'], read: { statements: ['select 1'], stopOnError: false, format: plain } },
    { args: ['-c', 'a', '--command=b'], read: { statements: ['a', 'b'], stopOnError: false, format: plain } },
    {
      args: ['-XAtc', 'a'],
      read: { statements: ['a'], stopOnError: false, format: { tuplesOnly: true, aligned: false } },
    },
    {
      args: ['-c', 'a', '-d', 'sales'],
      read: { statements: ['a'], database: 'sales', stopOnError: false, format: plain },
    },
    { args: ['-v', 'ON_ERROR_STOP=1', '-c', 'a'], read: { statements: ['a'], stopOnError: true, format: plain } },
  ])('reads $args', ({ args, read }) => {
    expect(statementsIn(args, 'linux')).toEqual(read);
  });

  it.each([
    { args: [], platform: 'linux', hint: 'apt install postgresql-client' },
    { args: ['-f', 'x.sql'], platform: 'darwin', hint: 'brew install libpq' },
    { args: ['--csv', '-c', 'a'], platform: 'win32', hint: 'winget install' },
  ] as const)('says how to install psql for $args on $platform', ({ args, platform, hint }) => {
    expect(() => statementsIn(args, platform)).toThrow(
      expect.objectContaining({ message: 'psql is not installed', hint: expect.stringContaining(hint) }),
    );
  });
});
