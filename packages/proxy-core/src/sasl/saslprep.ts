/**
 * Prepares a password for SCRAM as PostgreSQL does: by SASLprep (RFC 4013), except that a password which SASLprep
 * forbids, or of which it leaves nothing, is used as it is.
 */
export async function saslprep(password: string): Promise<string> {
  // PostgreSQL leaves ASCII alone, control characters too. Most passwords end here and never load the tables (17 ms).
  if (/^\p{ASCII}*$/u.test(password)) return password;
  const { default: prepare } = await import('@mongodb-js/saslprep');
  try {
    return prepare(password) || password;
  } catch {
    return password;
  }
}
