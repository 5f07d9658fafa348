import { appendFile, copyFile, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { prodProfile, runInWorld } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';
import { createLogReader } from './read-log.ts';

const record = (msg: string) => `{"level":"info","time":"2030-01-01T12:00:00.000Z","profile":"prod","msg":"${msg}"}`;

async function stateWithLog(text?: string) {
  const directory = await mkdtemp(join(tmpdir(), 'gprxy-logs-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(directory, { recursive: true });
  if (text !== undefined) await writeFile(join(directory, 'gprxy.log'), text);
  return { GPRXY_STATE_DIR: directory };
}

describe('logs: arguments to options', () => {
  it.each([
    { args: [], options: { lines: 200 } },
    { args: ['-f', '-n', '0'], options: { lines: 0, follow: true } },
    { args: ['--json'], options: { lines: 200, json: true } },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['logs', ...args])).toEqual({ command: 'logs', options });
  });

  it('takes only a number of lines', async () => {
    await expect(parseArguments(['logs', '-n', 'ten'])).rejects.toThrow('number of lines');
  });
});

describe('logs: options to output', () => {
  it.each([
    { args: [], stdout: `Listening.\n12:00:00 info one profile=prod\n12:00:00 info two profile=prod\n` },
    { args: ['-n', '1'], stdout: '12:00:00 info two profile=prod\n' },
    { args: ['--json'], stdout: `${record('one')}\n${record('two')}\n` },
  ])('shows what is in the file, for $args', async ({ args, stdout }) => {
    const env = await stateWithLog(`Listening.\n${record('one')}\n${record('two')}\n`);
    expect(await runInWorld(['logs', ...args], { env })).toMatchObject({ exitCode: 0, stdout, stderr: '' });
  });

  it('says that there is none yet', async () => {
    const { exitCode, stderr } = await runInWorld(['logs'], { config: prodProfile, env: await stateWithLog() });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^gprxy: there is no log yet\n.*gprxy\.log.*\n.*gprxy start --detach/);
  });

  it('follows until Ctrl-C', async () => {
    const env = await stateWithLog('one\n');
    const interrupted = AbortSignal.timeout(100);
    expect(await runInWorld(['logs', '-f'], { env, interrupted })).toMatchObject({
      exitCode: 130,
      stdout: 'one\n',
      stderr: '',
    });
  });
});

describe('what a log reader gives', () => {
  it('is whole lines, each once, also after the file was begun anew', async () => {
    const path = join((await stateWithLog('one\ntw')).GPRXY_STATE_DIR, 'gprxy.log');
    const read = createLogReader(path);
    expect([await read(), await read()]).toEqual(['one\n', '']);
    await appendFile(path, 'ö\n');
    expect(await read()).toBe('twö\n');
    await truncate(path);
    await appendFile(path, 'new\n');
    expect(await read()).toBe('new\n');
  });

  it('has what was written last before the file was begun anew', async () => {
    const path = join((await stateWithLog('one\n')).GPRXY_STATE_DIR, 'gprxy.log');
    const read = createLogReader(path);
    await read();
    await appendFile(path, 'two\nthree\n');
    await copyFile(path, `${path}.1`);
    await truncate(path);
    await appendFile(path, 'four\n');
    expect(await read()).toBe('two\nthree\nfour\n');
  });
});
