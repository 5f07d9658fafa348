import { expect, it } from 'vitest';
import { prodProfile, runInWorld } from './dependencies.testing.ts';

const commands = [
  ['status'],
  ['status', '--json'],
  ['status', '--metrics'],
  ['status', '--web'],
  ['reload'],
  ['logs'],
  ['wait', '--timeout', '1ms'],
].map((args) => ({ args }));

it.each(commands)('$args: the way to a sidecar is to start it', async ({ args }) => {
  const { exitCode, stderr } = await runInWorld(args, { config: prodProfile });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('Run "gprxy start --detach"');
});

it.each(commands)('$args: without any profile one has to be made first', async ({ args }) => {
  for (const config of [undefined, '[sidecar]\n']) {
    const { exitCode, stderr } = await runInWorld(args, config === undefined ? {} : { config });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      '  Run "gprxy login --issuer URL --client-id ID --upstream DSN" to make the first profile.\n',
    );
    expect(stderr).not.toContain('start');
  }
});

it('leaves it to start to tell what is wrong with the file', async () => {
  expect((await runInWorld(['reload'], { config: 'profiles = 1' })).stderr).toContain('gprxy start --detach');
});
