import { describe, expect, it } from 'vitest';
import { spawnProgram } from './program.ts';

const script = (text: string) => ({ command: 'sh', args: ['-c', text] });

describe('a program', () => {
  it('tells its exit code and both streams apart', async () => {
    const { ended } = spawnProgram({ ...script('cat; echo no >&2; exit 3'), input: 'yes' });
    expect(await ended).toEqual({ exitCode: 3, stdout: 'yes', stderr: 'no\n' });
  });

  it('is waited for until a line is there', async () => {
    await using program = spawnProgram(script('printf "port "; sleep 0.1; echo 4711; exec sleep 60'));
    const [, port] = await program.waitForLine(/port (\d+)\n/);
    expect(port).toBe('4711');
  });

  it('that ends without the line is an error that shows what it said instead', async () => {
    const program = spawnProgram(script('echo the port is taken >&2'));
    await expect(program.waitForLine(/listening/)).rejects.toThrow('the port is taken');
    await expect(program.waitForLine(/listening/)).rejects.toThrow('the port is taken');
  });

  it('is stopped with the signal asked for', async () => {
    const program = spawnProgram(script('trap "echo bye; exit 0" INT; echo up; while :; do sleep 0.05; done'));
    await program.waitForLine(/up/);
    expect(await program.stop('SIGINT')).toMatchObject({ exitCode: 0, stdout: 'up\nbye\n' });
  });

  it('that cannot be started is an error', async () => {
    await expect(spawnProgram({ command: '/nonexistent' }).ended).rejects.toThrow('ENOENT');
  });
});
