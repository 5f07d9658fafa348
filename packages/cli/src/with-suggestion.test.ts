import { expect, it } from 'vitest';
import { runInWorld } from './dependencies.testing.ts';

it.each([
  ['stat', 'status'],
  ['star', 'start'],
  ['statsu', 'status'],
  ['rest', 'restart'],
  ['who', 'whoami'],
  ['prof', 'profiles'],
  ['logn', 'login'],
  ['docter', 'doctor'],
  ['hlep', 'help'],
  ['profiles rem', 'remove'],
  ['profiles lst', 'list'],
  ['status --jsn', '--json'],
  ['status --met', '--metrics'],
  ['login --prof=dev', '--profile'],
  ['profiles add --isuer', '--issuer'],
])('"gprxy %s": did you mean %s?', async (typed, meant) => {
  const { exitCode, stderr } = await runInWorld(typed.split(' '));
  expect(exitCode).toBe(2);
  expect(stderr.split('\n')[1]).toBe(`  (Did you mean ${meant}?)`);
});

it.each(['banana', 'st', 'status -x', 'status --banana'])('"gprxy %s" is like nothing', async (typed) => {
  const { stderr } = await runInWorld(typed.split(' '));
  expect(stderr).not.toContain('Did you mean');
  expect(stderr).toContain('Run "gprxy');
});
