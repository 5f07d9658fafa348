import { has, startNotificationDesktop } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import type { Program } from '../programs.ts';
import { runProgram } from '../run-program.ts';
import { notifyDesktop } from './notify-desktop.ts';

const reminder = { title: "it's time", body: 'Run "gprxy login" & <go> on.' };
const screen = { DISPLAY: ':0' };

/** A machine that has these programs, and what was run on it. */
function machine(platform: NodeJS.Platform, env: Record<string, string>, exitCodes: Record<string, number> = {}) {
  const ran: Program[] = [];
  const run = async (program: Program) => {
    ran.push(program);
    return exitCodes[program.command];
  };
  return { ran, shown: notifyDesktop(reminder, { platform, env, runProgram: run }) };
}

describe('a notification', () => {
  it('is shown by notify-send where there is one, its body as markup', async () => {
    const { ran, shown } = machine('linux', screen, { 'notify-send': 0 });
    await shown;
    expect(ran.map(({ command, args }) => [command, ...args])).toEqual([
      [
        ...['notify-send', '--app-name=gprxy', '--icon=dialog-password', '--', "it's time"],
        'Run "gprxy login" &amp; &lt;go&gt; on.',
      ],
    ]);
  });

  it.each([
    ['which is missing', {}],
    ['which fails', { 'notify-send': 1 }],
  ])('is shown by gdbus instead of notify-send %s', async (_what, codes) => {
    const { ran, shown } = machine('linux', screen, { ...codes, gdbus: 0 });
    await shown;
    expect(ran.map(({ command }) => command)).toEqual(['notify-send', 'gdbus']);
  });

  it('is shown by osascript on macOS, its words as arguments and not as script', async () => {
    const { ran, shown } = machine('darwin', {}, { osascript: 0 });
    await shown;
    expect(ran[0]?.args.slice(-2)).toEqual([reminder.title, reminder.body]);
  });

  it.each([
    ['without a screen', 'linux', {}, 'no screen'],
    ['in an SSH session', 'linux', { ...screen, SSH_TTY: '/dev/pts/1' }, 'SSH session'],
    ['on Windows', 'win32', {}, 'no program'],
    ['where no program can', 'linux', screen, 'no program'],
  ] as const)('is not shown %s', async (_where, platform, env, why) => {
    await expect(machine(platform, env).shown).rejects.toThrow(why);
  });

  it.runIf(has.notifications).each([
    ['notify-send', (command: string) => command === 'notify-send'],
    ['gdbus', (command: string) => command === 'gdbus'],
  ])('arrives at a real session bus by %s', async (_name, isThere) => {
    await using desktop = await startNotificationDesktop();
    const never = { interrupts: { signal: new AbortController().signal, pause: () => () => {} }, signals: process };
    await notifyDesktop(reminder, {
      platform: 'linux',
      env: { PATH: process.env.PATH, ...desktop.env },
      runProgram: async (program) => (isThere(program.command) ? runProgram(program, never) : undefined),
    });
    const [shown, ...more] = await desktop.shown();
    expect(shown).toContain(`"gprxy" 0 "dialog-password" "it's time" "Run "gprxy login" &amp; &lt;go&gt; on."`);
    expect(more).toEqual([]);
  });
});
