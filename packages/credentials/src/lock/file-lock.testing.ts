// One of several processes that want the same lock. Says what it does on stdout; `hold` keeps the lock until killed.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { sleep } from '../abort.ts';
import { acquireFileLock } from './file-lock.ts';

const [path = '', counter = '', mode = 'count', rounds = '1'] = process.argv.slice(2);
const limits = { waitMs: 30_000, abandonedAfterMs: 60_000, watchMs: 1_000 };
const options = { path, ...limits, now: Date.now, sleep, random: Math.random };

for (let round = 0; round < Number(rounds); round++) {
  const lock = await acquireFileLock(options, new AbortController().signal);
  process.stdout.write('locked\n');
  if (mode === 'hold') await new Promise(() => setInterval(() => undefined, 1_000));
  // Two winners at once would both read the same number.
  const seen = Number(readFileSync(counter, 'utf8'));
  await sleep(2, new AbortController().signal);
  writeFileSync(counter, String(seen + 1));
  appendFileSync(`${counter}.order`, `${process.pid}\n`);
  await lock.release();
}
