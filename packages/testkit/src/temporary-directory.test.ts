import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from './temporary-directory.ts';

describe('a temporary directory', () => {
  it('belongs to its owner alone and goes with everything in it', async () => {
    const directory = await temporaryDirectory();
    expect(statSync(directory.path).mode & 0o777).toBe(0o700);
    writeFileSync(join(directory.path, 'file'), 'text');
    await directory.remove();
    expect(() => statSync(directory.path)).toThrow('ENOENT');
  });
});
