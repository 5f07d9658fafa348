import type { Log } from '../log.ts';
import { type AuditRecord, encodeRecord } from './audit-record.ts';
import type { AuditSink } from './sinks.ts';

export interface AuditLogOptions {
  readonly sink: AuditSink;
  readonly onFailure: 'deny' | 'continue';
  readonly log: Log;
}

export interface AuditLog {
  /**
   * Resolves once the record is written. A sink that fails is logged; with `on_failure = "deny"` it rejects too, so that
   * nobody is let in of whom there is no record.
   */
  write(record: AuditRecord): Promise<void>;
  /** Of the last write; `undefined` when it went well. */
  readonly lastError: string | undefined;
  close(): Promise<void>;
}

export function createAuditLog({ sink, onFailure, log }: AuditLogOptions): AuditLog {
  let lastError: string | undefined;
  return {
    async write(record) {
      try {
        await sink.write(encodeRecord(record));
        lastError = undefined;
      } catch (error) {
        lastError = error instanceof Error ? error.message : String(error);
        // The record itself goes to the log, the next best place.
        log.error({ reason: lastError, record }, 'an audit record could not be written');
        if (onFailure === 'deny') throw error;
      }
    },
    get lastError() {
      return lastError;
    },
    close: () => sink.close(),
  };
}
