import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { has, temporaryDirectory } from '@gprxy/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knownKeys } from './known-hosts.ts';

const line = (hosts: string, key = 'AAAA') => `${hosts} ssh-ed25519 ${key} comment\n`;
const isKnown = (text: string, host: string, port = 22) => knownKeys(text, host, port).length > 0;

describe('known_hosts', () => {
  it.each([
    ['jump.example', 'jump.example', 22, true],
    ['jump.example', 'JUMP.example', 22, true],
    ['a,jump.example,b', 'jump.example', 22, true],
    ['jump.example', 'jump.example', 2222, false],
    ['[jump.example]:2222', 'jump.example', 2222, true],
    ['[jump.example]:2222', 'jump.example', 22, false],
    ['*.example', 'jump.example', 22, true],
    ['jump.?xample', 'jump.example', 22, true],
    ['*.example,!jump.example', 'jump.example', 22, false],
    ['jumpXexample', 'jump.example', 22, false],
    ['jump.example', 'jumpXexample', 22, false],
    ['#jump.example', 'jump.example', 22, false],
    ['@cert-authority jump.example', 'jump.example', 22, false],
    ['|1|salt', 'jump.example', 22, false],
  ])('%s is read as saying of %s at port %i: %s', (hosts, host, port, expected) => {
    expect(isKnown(line(hosts), host, port)).toBe(expected);
  });

  it('marks what is revoked', () => {
    expect(knownKeys(`@revoked ${line('a')}${line('a')}`, 'a', 22).map(({ revoked }) => revoked)).toEqual([
      true,
      false,
    ]);
  });

  it.runIf(has.sshServer)('knows hosts whose names ssh-keygen has hashed', async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'known_hosts');
    const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIJd0kxWVYiLqMk4fX1kNmnVnvaW4Gm6o8zJYyTkYl5hS';
    writeFileSync(file, line('jump.example', key) + line('[jump.example]:2222', key));
    execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('jump');
    expect([22, 2222, 2223].map((port) => isKnown(text, 'jump.example', port))).toEqual([true, true, false]);
  });

  it('S25 makes something of any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, host) => void knownKeys(text, host, 22)));
  });
});
