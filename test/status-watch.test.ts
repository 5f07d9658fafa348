import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { has, temporaryDirectory } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { Terminal } from './terminal.testing.ts';

const command = fileURLToPath(new URL('../packages/cli/bin/gprxy.cjs', import.meta.url));
const [entered, back] = ['\\u001b\\[\\?1049h\\u001b\\[\\?25l', '\\u001b\\[\\?25h\\u001b\\[\\?1049l'];

describe.runIf(has.terminal)('gprxy status --watch on a terminal', () => {
  it.each([
    ['TERM', 143],
    ['HUP', 129],
  ])('gives it back before it stops and when SIG%s ends it', async (signal, exitCode) => {
    await using directory = await temporaryDirectory();
    const { PATH = '' } = process.env;
    const line = `"${process.execPath}" "${command}" status --watch & echo pid=$!; wait $!; echo ended=$?`;
    const env = { PATH, HOME: directory.path, GPRXY_STATE_DIR: directory.path, TERM: 'xterm' };
    await using terminal = new Terminal(`stty cols 80 rows 24; ${line}`, env, directory.path);
    const [, pid] = await terminal.shows(/pid=(\d+)/);
    await terminal.shows(new RegExp(`${entered}[^]*Ctrl-C ends this`));
    process.kill(Number(pid), 'SIGTSTP');
    await terminal.shows(new RegExp(back));
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), { timeout: 10_000 }).toMatch(/\) T /);
    process.kill(Number(pid), 'SIGCONT');
    await terminal.shows(new RegExp(`${entered}[^]*Ctrl-C ends this`));
    process.kill(Number(pid), `SIG${signal}`);
    await terminal.shows(new RegExp(`${back}gprxy is not running`));
    expect(Number((await terminal.shows(/ended=(\d+)/))[1])).toBe(exitCode);
  });
});
