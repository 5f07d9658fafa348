import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { sleep } from '../abort.ts';
import { bundleProgram } from '../child-process.testing.ts';
import { failureOf, neverAborts, testDirectory } from '../dependencies.testing.ts';
import { acquireFileLock, type FileLockOptions } from './file-lock.ts';
import type { Claim } from './lock-file.ts';
import { identifyThisProcess, livenessOf } from './process-identity.ts';

let path: string;
beforeEach(() => {
  path = join(testDirectory(), 'prod.lock');
});

function options(changes: Partial<FileLockOptions> = {}): FileLockOptions {
  return {
    path,
    waitMs: 10_000,
    abandonedAfterMs: 60_000,
    watchMs: 100,
    now: Date.now,
    sleep,
    random: Math.random,
    ...changes,
  };
}

const filesLeft = () => readdirSync(dirname(path)).filter((name) => name.startsWith('prod.lock'));

async function leaveClaim(changes: Partial<Claim['holder']>) {
  const holder = { ...(await identifyThisProcess()), ...changes };
  writeFileSync(path, JSON.stringify({ nonce: 'left-behind', holder }));
}

describe('file lock', () => {
  it('lets one in at a time and leaves nothing behind', async () => {
    let inside = 0;
    const visit = async () => {
      const lock = await acquireFileLock(options(), neverAborts);
      expect(++inside).toBe(1);
      await sleep(1, neverAborts);
      inside--;
      expect(await lock.release()).toBe(true);
    };
    await Promise.all(Array.from({ length: 8 }, visit));
    expect(filesLeft()).toEqual([]);
  });

  it('counts right with many processes', { timeout: 60_000 }, async () => {
    const counter = join(testDirectory(), 'counter');
    writeFileSync(counter, '0');
    const start = await bundleProgram(new URL('./file-lock.testing.ts', import.meta.url));
    const processes = Array.from({ length: 8 }, () => start(path, counter, 'count', '5'));
    expect(await Promise.all(processes.map(({ ended }) => ended))).toEqual(Array(8).fill(0));
    expect(readFileSync(counter, 'utf8')).toBe('40');
    expect(filesLeft()).toEqual([]);
  });

  it('stops waiting at once on abort', async () => {
    const lock = await acquireFileLock(options(), neverAborts);
    const controller = new AbortController();
    const waiting = failureOf(acquireFileLock(options(), controller.signal));
    setImmediate(() => controller.abort());
    expect(await waiting).toMatchObject({ code: 'ERR_ABORTED' });
    await lock.release();
  });

  it('gives up on a holder that lives, names it, and does not take its lock', async () => {
    const lock = await acquireFileLock(options(), neverAborts);
    const error = await failureOf(acquireFileLock(options({ waitMs: 60 }), neverAborts));
    expect(error.message).toContain(`process ${process.pid} on ${hostname()}`);
    expect(await lock.release()).toBe(true);
  });
});

describe('file lock of a holder that is gone', () => {
  it('S20 is taken over at once after kill -9, by exactly one of many', { timeout: 60_000 }, async () => {
    const counter = join(testDirectory(), 'counter');
    writeFileSync(counter, '0');
    const start = await bundleProgram(new URL('./file-lock.testing.ts', import.meta.url));
    for (let round = 1; round <= 3; round++) {
      const holder = start(path, counter, 'hold');
      await holder.waitFor('locked');
      await holder.kill();
      const heirs = Array.from({ length: 6 }, () => start(path, counter));
      await Promise.all(heirs.map(({ ended }) => ended));
      expect(readFileSync(counter, 'utf8')).toBe(String(6 * round));
    }
    expect(filesLeft()).toEqual([]);
  });

  it('is taken over by one of many that find it dead at the same moment', async () => {
    for (let round = 0; round < 20; round++) {
      await leaveClaim({ startedAt: 'long ago' });
      let inside = 0;
      let takenOver = 0;
      const visit = async () => {
        const lock = await acquireFileLock(options({ onTakeOver: () => takenOver++ }), neverAborts);
        expect(++inside).toBe(1);
        await sleep(0, neverAborts);
        inside--;
        await lock.release();
      };
      await Promise.all(Array.from({ length: 6 }, visit));
      expect(takenOver).toBe(1);
    }
    expect(filesLeft()).toEqual([]);
  });

  it('is taken over also when the one who took it over died of it', async () => {
    await leaveClaim({ startedAt: 'long ago' });
    const holder = { ...(await identifyThisProcess()), startedAt: 'long ago' };
    writeFileSync(`${path}.left-behind.takeover`, JSON.stringify({ nonce: 'second', holder }));
    const lock = await acquireFileLock(options(), neverAborts);
    await lock.release();
    expect(filesLeft()).toEqual([]);
  });

  it('is taken over when the pid belongs to another process by now, or the machine was started again', async () => {
    for (const gone of [{ startedAt: 'long ago' }, { pid: 4_194_303 }, { boot: 'another boot' }]) {
      await leaveClaim(gone);
      const lock = await acquireFileLock(options({ waitMs: 0 }), neverAborts).catch(() =>
        acquireFileLock(options({ waitMs: 100 }), neverAborts),
      );
      await lock.release();
    }
  });

  it('is left alone while its holder runs where we cannot look and the claim is young or new to us', async () => {
    for (const elsewhere of [{ host: 'another' }, { namespace: 'pid:[1]' }]) {
      await leaveClaim(elsewhere);
      expect(await failureOf(acquireFileLock(options({ waitMs: 50 }), neverAborts))).toMatchObject({
        code: 'ERR_STORE_FAILED',
      });
      const twoMinutesAgo = Date.now() / 1000 - 120;
      utimesSync(path, twoMinutesAgo, twoMinutesAgo);
      const startedAt = performance.now();
      const lock = await acquireFileLock(options(), neverAborts);
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(100);
      await lock.release();
    }
  });

  it('is left alone while it is young and cannot be read', async () => {
    writeFileSync(path, '');
    expect(await failureOf(acquireFileLock(options({ waitMs: 50 }), neverAborts))).toMatchObject({
      code: 'ERR_STORE_FAILED',
    });
    utimesSync(path, 1, 1);
    const lock = await acquireFileLock(options(), neverAborts);
    await lock.release();
  });

  it('is not given back by a holder that lost it', async () => {
    const lock = await acquireFileLock(options(), neverAborts);
    await leaveClaim({});
    expect(await lock.release()).toBe(false);
    expect(filesLeft()).toEqual(['prod.lock']);
  });
});

describe('liveness', () => {
  it('knows this process, and another one that got its pid', async () => {
    const here = await identifyThisProcess();
    expect(await livenessOf(here, here)).toBe('alive');
    expect(await livenessOf({ ...here, pid: process.ppid }, here)).toBe('dead');
  });

  it('does not say of a process whose start is unknown that it is the same', async () => {
    const { startedAt: _, ...here } = await identifyThisProcess();
    expect(await livenessOf(here, here)).toBe('unknown');
  });
});
