/** What a session sees of others in the server's views: never what they run. `$1` is the victim's pid. */
export const OVERHEAR: readonly string[] = [
  'SELECT * FROM pg_stat_activity',
  'SELECT * FROM pg_stat_get_activity(NULL)',
  'SELECT * FROM pg_stat_get_activity($1)',
  'SELECT pg_stat_get_backend_activity(b), pg_stat_get_backend_client_addr(b) FROM pg_stat_get_backend_idset() AS b',
  'SELECT * FROM pg_stat_statements',
  'SELECT * FROM pg_prepared_statements',
  'SELECT * FROM pg_cursors',
  'SELECT * FROM pg_locks',
  'SELECT * FROM pg_stat_ssl',
  'SELECT * FROM pg_stat_gssapi',
  'SELECT * FROM pg_stat_progress_copy',
  'SELECT * FROM pg_listening_channels()',
  'SELECT * FROM pg_settings',
  'SELECT * FROM pg_stats',
  'SELECT * FROM pg_roles',
  'SELECT * FROM pg_user_mappings',
  'SELECT * FROM pg_largeobject_metadata',
];

/** Signals to somebody else's session. `$1` is the victim's pid. */
export const SIGNALS: readonly string[] = [
  'SELECT pg_cancel_backend($1)',
  'SELECT pg_terminate_backend($1)',
  'SELECT pg_terminate_backend($1, 1000)',
  'SELECT pg_log_backend_memory_contexts($1)',
  'SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1',
  'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user AND pid >= $1',
  "SELECT query_to_xml(format('select pg_terminate_backend(%s)', $1::int), true, false, '')",
];
