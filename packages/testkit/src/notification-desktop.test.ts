import { expect, it } from 'vitest';
import { has } from './installed-programs.ts';
import { startNotificationDesktop } from './notification-desktop.ts';
import { spawnProgram } from './program.ts';

it.runIf(has.notifications)('a desktop remembers what is shown on it', async () => {
  await using desktop = await startNotificationDesktop();
  expect(await desktop.shown()).toEqual([]);
  const env = { PATH: process.env.PATH, ...desktop.env };
  const shown = await spawnProgram({ command: 'notify-send', args: ['--', 'a title', 'a body'], env }).ended;
  expect(shown).toMatchObject({ exitCode: 0 });
  await expect.poll(() => desktop.shown()).toEqual([expect.stringContaining('"a title" "a body"')]);
});
