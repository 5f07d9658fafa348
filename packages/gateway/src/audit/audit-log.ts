import type { Log } from '../log.ts';
import { type AuditRecord, encodeRecord } from './audit-record.ts';
import type { AuditSink } from './sinks.ts';

export interface AuditLogOptions {
  readonly sink: AuditSink;
  readonly onFailure: 'deny' | 'continue';
  readonly log: Log;
  /** After this a record counts as not written: a disk or a reader that hangs must not hang every login. */
  readonly writeTimeoutMs?: number;
}

export interface AuditLog {
  /**
   * Resolves once the record is written. A sink that fails is logged; with `on_failure = "deny"` it rejects too, so that
   * nobody is let in of whom there is no record.
   */
  write(record: AuditRecord): Promise<void>;
  /** Opens the file anew, now: for SIGHUP. A failure is logged and is `lastError`. */
  reopen(): Promise<void>;
  /** Of the last write; `undefined` when it went well. */
  readonly lastError: string | undefined;
  close(): Promise<void>;
}

export function createAuditLog({ sink, onFailure, log, writeTimeoutMs = 5_000 }: AuditLogOptions): AuditLog {
  let lastError: string | undefined;
  const noteFailure = (error: unknown, fields: Readonly<Record<string, unknown>>, message: string) => {
    lastError = error instanceof Error ? error.message : String(error);
    log.error({ reason: lastError, ...fields }, message);
  };
  return {
    async write(record) {
      try {
        await withDeadline(writeTimeoutMs, (signal) => sink.write(encodeRecord(record), signal));
        lastError = undefined;
      } catch (error) {
        // The record itself goes to the log, the next best place.
        noteFailure(error, { record }, 'an audit record could not be written');
        if (onFailure === 'deny') throw error;
      }
    },
    async reopen() {
      try {
        await sink.reopen();
        lastError = undefined;
        log.info({}, 'the audit log was opened anew');
      } catch (error) {
        noteFailure(error, {}, 'the audit log could not be opened anew');
      }
    },
    get lastError() {
      return lastError;
    },
    close: () => sink.close(),
  };
}

async function withDeadline(timeoutMs: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`the audit log takes nothing: no answer within ${timeoutMs} ms`);
      late.abort(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    await Promise.race([work(late.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
