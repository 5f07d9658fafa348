import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { createAuditLog } from './audit-log.ts';
import { type AuditRecord, encodeRecord } from './audit-record.ts';
import { type AuditSink, openFileSink, streamSink } from './sinks.ts';

const record = (changes: Partial<AuditRecord> = {}): AuditRecord => ({
  time: '2026-01-01T00:00:00.000Z',
  event: 'login',
  ...changes,
});

const silentSink: AuditSink = { write: async () => {}, reopen: async () => {}, close: async () => {} };

describe('a record', () => {
  it.each([
    'a\nb',
    'a\r\n{"event":"login"}',
    'a\u2028b\u2029c',
    '\u001b[2J\u009b2J',
    '\u202egnp.exe',
    '"},{"event":"login"',
  ])('is one line of JSON that moves nothing, with %j in it', (application) => {
    const line = encodeRecord(record({ application }));
    expect(line).toMatch(/^[\x20-\x7e]*\n$/);
    expect(JSON.parse(line)).toMatchObject({ event: 'login', application });
  });

  it.each(['\u061c', '\u200e', '\u200f', '\ufeff'])('shows %j, which nobody sees', (invisible) => {
    expect(encodeRecord(record({ user: `a${invisible}b` }))).toMatch(/^[\x20-\x7e]*\n$/);
  });

  it('cuts what a client made long', () => {
    expect(encodeRecord(record({ application: 'x'.repeat(9_000) })).length).toBeLessThan(700);
  });
});

describe('a file', () => {
  it('is for its owner, and keeps what was in it', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'audit.jsonl');
    for (const line of ['one\n', 'two\n']) {
      const sink = await openFileSink(path);
      await sink.write(line);
      await sink.close();
    }
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('has a thousand records of a thousand writers, each whole and in order', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'audit.jsonl');
    const sink = await openFileSink(path);
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => sink.write(`${index}\n`)));
    await sink.close();
    expect(await readFile(path, 'utf8')).toBe(Array.from({ length: 1_000 }, (_, index) => `${index}\n`).join(''));
  });

  it('is opened anew after it was moved away', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'audit.jsonl');
    const sink = await openFileSink(path);
    await sink.write('one\n');
    await rename(path, `${path}.1`);
    await sink.write('two\n');
    await sink.close();
    expect([await readFile(`${path}.1`, 'utf8'), await readFile(path, 'utf8')]).toEqual(['one\n', 'two\n']);
  });

  it('is opened anew when asked, and says so when it cannot be', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'audit.jsonl');
    const audit = createAuditLog({ sink: await openFileSink(path), onFailure: 'deny', log: silentLog });
    await audit.write(record());
    await rename(path, `${path}.1`);
    await audit.reopen();
    expect(await readFile(path, 'utf8')).toBe('');
    await rm(path);
    await symlink(`${path}.1`, path);
    await audit.reopen();
    expect(audit.lastError).toMatch('is a symbolic link');
    await rm(path);
    await audit.write(record());
    expect(audit.lastError).toBeUndefined();
    await audit.close();
    expect(await readFile(path, 'utf8')).toBe(await readFile(`${path}.1`, 'utf8'));
  });

  it('whose last line was cut off loses no other', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'audit.jsonl');
    await writeFile(path, 'one\n{"half', { mode: 0o600 });
    const sink = await openFileSink(path);
    await sink.write('two\n');
    await sink.write('three\n');
    await sink.close();
    expect(await readFile(path, 'utf8')).toBe('one\n{"half\ntwo\nthree\n');
  });

  it('that cannot be opened is an error at the start', async () => {
    await expect(openFileSink('/dev/null/audit')).rejects.toThrow('ENOTDIR');
  });
});

describe('an unsafe file is refused', () => {
  it.each<[what: string, make: (path: string) => Promise<unknown>, message: string]>([
    ['a link', (path) => symlink('/etc/hosts', path), 'is a symbolic link'],
    ['a link to nothing yet', (path) => symlink(`${path}.elsewhere`, path), 'is a symbolic link'],
    ['a pipe', (path) => promisify(execFile)('mkfifo', [path]), 'is not a file'],
    ['a file of many writers', (path) => writeFile(path, '').then(() => chmod(path, 0o660)), 'forge records'],
  ])('%s', async (_what, make, message) => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'audit.jsonl');
    await make(path);
    await expect(openFileSink(path)).rejects.toMatchObject({
      code: 'ERR_CONFIG_AUDIT_FILE',
      message: expect.stringContaining(message),
    });
    await expect(stat(`${path}.elsewhere`)).rejects.toThrow('ENOENT');
  });

  it('a link put in the place of a file that was moved away', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'audit.jsonl');
    const sink = await openFileSink(path);
    await rename(path, `${path}.1`);
    await symlink(`${path}.elsewhere`, path);
    await expect(sink.write('one\n')).rejects.toThrow('is a symbolic link');
    await sink.close();
  });
});

describe('S37 a sink that fails', () => {
  it.each(['deny', 'continue'] as const)('S37 on a full disk, on_failure = "%s"', async (onFailure) => {
    const audit = createAuditLog({ sink: await openFileSink('/dev/full'), onFailure, log: silentLog });
    const written = audit.write(record());
    if (onFailure === 'deny') await expect(written).rejects.toThrow('ENOSPC');
    else await expect(written).resolves.toBeUndefined();
    expect(audit.lastError).toMatch('ENOSPC');
    await audit.close();
  });

  it.each(['deny', 'continue'] as const)(
    'S37 on a pipe that nobody reads any more, on_failure = "%s"',
    async (onFailure) => {
      const reader = spawn('true', { stdio: ['pipe', 'ignore', 'ignore'] });
      await once(reader, 'exit');
      const audit = createAuditLog({ sink: streamSink(reader.stdin), onFailure, log: silentLog });
      for (const _attempt of ['first', 'second']) {
        const written = audit.write(record());
        if (onFailure === 'deny') await expect(written).rejects.toThrow();
        else await expect(written).resolves.toBeUndefined();
        expect(audit.lastError).toBeDefined();
      }
    },
  );

  it('S37 is well again once a write succeeds', async () => {
    let isBroken = true;
    const write: AuditSink['write'] = async () => {
      if (isBroken) throw new Error('EIO');
    };
    const audit = createAuditLog({ sink: { ...silentSink, write }, onFailure: 'deny', log: silentLog });
    await expect(audit.write(record())).rejects.toThrow('EIO');
    expect(audit.lastError).toBe('EIO');
    isBroken = false;
    await audit.write(record());
    expect(audit.lastError).toBeUndefined();
  });

  it('S37 hangs no login: what takes too long counts as not written', async () => {
    const write = () => new Promise<void>(() => {});
    const sink = { ...silentSink, write };
    const audit = createAuditLog({ sink, onFailure: 'deny', log: silentLog, writeTimeoutMs: 1 });
    await expect(audit.write(record())).rejects.toThrow('no answer within 1 ms');
    expect(audit.lastError).toMatch('no answer');
  });

  it('S37 keeps back a record that was given up before it was begun', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'audit.jsonl');
    const sink = await openFileSink(path);
    const givenUp = new AbortController();
    const first = sink.write('one\n');
    const second = sink.write('two\n', givenUp.signal);
    givenUp.abort(new Error('given up'));
    await first;
    await expect(second).rejects.toThrow('given up');
    await sink.close();
    expect(await readFile(path, 'utf8')).toBe('one\n');
  });
});
