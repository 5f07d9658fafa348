import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('young-generation.ts', import.meta.url));
/** Prints the size of the young generation, in bytes, after half of what is made has lived for a while. */
const ALLOCATE = `
let kept = [];
for (let i = 0; i < 2_000_000; i++) {
  kept.push({ i });
  if (kept.length > 50_000) kept = [];
}
console.log(require('node:v8').getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);
`;

// In processes of their own: the flag stays set.
async function youngGenerationBytes(before: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', `${before}\n${ALLOCATE}`]);
  return Number(stdout);
}

it('keeps the young generation from growing, whatever is allocated', async () => {
  const [grown, kept] = await Promise.all([
    youngGenerationBytes(''),
    youngGenerationBytes(`require(${JSON.stringify(MODULE)}).keepYoungGenerationSmall();`),
  ]);
  expect(kept).toBeLessThanOrEqual(grown / 2);
});
