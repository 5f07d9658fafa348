import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { opened } from './open-browser.ts';

const program = (code: string) => spawn(process.execPath, ['-e', code], { stdio: 'ignore' });

it('a browser is open when its opener says so', async () => {
  await expect(opened(program(''))).resolves.toBeUndefined();
});

it('a browser is not open when its opener fails, however early', async () => {
  await expect(opened(program('process.exitCode = 3'))).rejects.toThrow('ended with 3');
  const gone = program('process.exitCode = 4');
  await once(gone, 'exit');
  await expect(opened(gone)).rejects.toThrow('ended with 4');
});

it('a browser is not open when there is no opener', async () => {
  await expect(opened(spawn('/nonexistent/xdg-open', ['x']))).rejects.toThrow('ENOENT');
});

it('a browser that stays in the foreground is open', async () => {
  const browser = program('setInterval(() => {}, 1000)');
  onTestFinished(() => void browser.kill('SIGKILL'));
  await expect(opened(browser)).resolves.toBeUndefined();
});
