export type AuditRecord = Readonly<Record<string, unknown>>;

/** The audit records, one short line each. */
export function auditTable(records: readonly AuditRecord[]): string {
  return records.map((record) => `${lineOf(record)}\n`).join('');
}

function lineOf(record: AuditRecord): string {
  const { time, event, email, database, application } = record;
  const clock = String(time).slice(11, 23);
  const columns = [clock, String(event).padEnd(6), String(email).padEnd(20), database, application];
  return `${columns.join('  ')}  ${particulars(record)}`.trimEnd();
}

function particulars(record: AuditRecord): string {
  switch (record.event) {
    case 'login':
      return `rule ${record.rule}, as role ${record.role}, backend ${record.backend_pid}`;
    case 'end':
      return `after ${record.duration_ms} ms, ${record.bytes_from_server} bytes from the server`;
    case 'cancel':
      return `backend ${record.backend_pid}`;
    default:
      return [record.sqlstate, record.message].filter(Boolean).join(' ');
  }
}
