/** libpq's `target_session_attrs`: which of several hosts a session is for. */
export const TARGET_SESSION_ATTRS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type TargetSessionAttrs = (typeof TARGET_SESSION_ATTRS)[number];

/**
 * Whether a session is what was asked for, by what the server reported at login (`in_hot_standby` and
 * `default_transaction_read_only`, PostgreSQL 14 and later). `undefined`: it did not say.
 */
export function suits(attrs: TargetSessionAttrs, parameters: ReadonlyMap<string, string>): boolean | undefined {
  const standby = parameters.get('in_hot_standby');
  const readOnly = parameters.get('default_transaction_read_only');
  if (attrs === 'any') return true;
  if (standby === undefined || readOnly === undefined) return undefined;
  switch (attrs) {
    case 'primary':
      return standby === 'off';
    case 'standby':
    case 'prefer-standby':
      return standby === 'on';
    case 'read-write':
      return standby === 'off' && readOnly === 'off';
    case 'read-only':
      return standby === 'on' || readOnly === 'on';
  }
}
