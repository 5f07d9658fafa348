import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { temporaryDirectory } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { createAuditLog } from './audit-log.ts';
import { type AuditRecord, encodeRecord } from './audit-record.ts';
import { openFileSink, streamSink } from './sinks.ts';

const record = (changes: Partial<AuditRecord> = {}): AuditRecord => ({
  time: '2026-01-01T00:00:00.000Z',
  event: 'login',
  ...changes,
});

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

  it('that cannot be opened is an error at the start', async () => {
    await expect(openFileSink('/dev/null/audit')).rejects.toThrow('ENOTDIR');
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

  it('S37 is well again once a write succeeds', async () => {
    let broken = true;
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(broken ? new Error('EPIPE') : null),
      autoDestroy: false,
    });
    const audit = createAuditLog({ sink: streamSink(stream), onFailure: 'deny', log: silentLog });
    await expect(audit.write(record())).rejects.toThrow('EPIPE');
    broken = false;
    const well = createAuditLog({ sink: streamSink(new PassThrough().resume()), onFailure: 'deny', log: silentLog });
    await well.write(record());
    expect(well.lastError).toBeUndefined();
  });
});
