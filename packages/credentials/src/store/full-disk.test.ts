import { execFileSync } from 'node:child_process';
import { readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exampleLogin, failureOf, neverAborts, testDirectory } from '../dependencies.testing.ts';
import { createFileStore } from './file-store.ts';

/** A file system of 64 KB, for root in a container that may mount one. */
function mountSmallDisk(): string | undefined {
  const directory = testDirectory();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', [directory]));
  return directory;
}

function fill(directory: string): void {
  const { bavail, bsize } = statfsSync(directory);
  writeFileSync(join(directory, 'of-somebody-else'), Buffer.alloc(bavail * bsize), { mode: 0o600 });
}

describe.skipIf(process.getuid?.() !== 0)('a disk that is full', () => {
  it('leaves the former login whole, and fails the probe before a refresh token is spent', async ({ skip }) => {
    const directory = mountSmallDisk() ?? skip('mount is not allowed here');
    const store = createFileStore({ directory });
    await store.probe(neverAborts);
    await store.write('prod', exampleLogin({ subject: 'former' }));
    fill(directory);
    const big = exampleLogin({ subject: 'new', accessToken: 'a'.repeat(16_384) });
    for (const work of [() => store.write('prod', big), () => store.probe(neverAborts)]) {
      expect(await failureOf(work())).toMatchObject({
        code: 'ERR_STORE_FAILED',
        message: expect.stringContaining('ENOSPC'),
      });
    }
    expect(await store.read('prod')).toMatchObject({ subject: 'former' });
    expect(readdirSync(directory).sort()).toEqual(['.probe', 'of-somebody-else', 'prod.json']);
  });
});
