import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { editConfigFile } from './edit-config-file.ts';

/** A file system of its own, for root in a container that may mount one. */
function mounted(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'gprxy-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', [directory]));
  return directory;
}

describe.skipIf(process.getuid?.() !== 0)('a configuration file that the system refuses', () => {
  it('on a full disk stays as it was, and the advice is to make room', async ({ skip }) => {
    const directory = mounted() ?? skip('mount is not allowed here');
    const path = join(directory, 'config.toml');
    writeFileSync(path, 'former');
    const { bavail, bsize } = statfsSync(directory);
    writeFileSync(join(directory, 'of-somebody-else'), Buffer.alloc(bavail * bsize));
    await expect(editConfigFile(path, () => 'x'.repeat(16_384))).rejects.toMatchObject({
      problem: 'cannot be written (ENOSPC)',
      hint: expect.stringContaining('Make room'),
    });
    expect(readFileSync(path, 'utf8')).toBe('former');
  });

  it('in a directory of a read-only file system says so, and not that something is missing', async ({ skip }) => {
    const directory = mounted() ?? skip('mount is not allowed here');
    execFileSync('mount', ['-o', 'remount,ro', directory]);
    const path = join(directory, '.config', 'gprxy', 'config.toml');
    await expect(editConfigFile(path, () => 'new')).rejects.toMatchObject({
      problem: 'cannot be written (EROFS)',
      hint: expect.stringContaining('GPRXY_CONFIG'),
    });
  });
});
