import type { SessionEnd } from '@gprxy/proxy-core';

/** One line of the audit log. Fields that are not known are left out. Tokens, passwords and keys have no field. */
export interface AuditRecord {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly event: 'login' | 'denial' | 'cancel' | 'end';
  /** The same in all records of one client connection. */
  readonly session?: string | undefined;
  /** The same in the log of the sidecar at the other end: a name for the TLS connection that both know. */
  readonly connection?: string | undefined;
  readonly subject?: string | undefined;
  readonly email?: string | undefined;
  readonly issuer?: string | undefined;
  /** The DB role. */
  readonly role?: string | undefined;
  /** The rule of the file that gave it, from 1. */
  readonly rule?: number | undefined;
  /** What the client asked for. */
  readonly user?: string | undefined;
  readonly database?: string | undefined;
  readonly application?: string | undefined;
  readonly client_address?: string | undefined;
  readonly client_port?: number | undefined;
  readonly backend_pid?: number | undefined;
  /** When the token expires, ISO 8601. */
  readonly token_expires?: string | undefined;
  readonly duration_ms?: number | undefined;
  readonly bytes_from_client?: number | undefined;
  readonly bytes_from_server?: number | undefined;
  readonly ended_by?: SessionEnd<unknown>['endedBy'] | undefined;
  /** Why: a word that stays the same, and what it is about. */
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly sqlstate?: string | undefined;
}

/** Long enough for every honest value; what clients send may be anything. */
const MAX_TEXT = 512;

/** Always one line: JSON has no line feeds in it, and what else would move a terminal or split a line is escaped too. */
export function encodeRecord(record: AuditRecord): string {
  const json = JSON.stringify(record, (_key, value) =>
    typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}...` : value,
  );
  return `${json.replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, escapeCharacter)}\n`;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
