/** The command that ends most troubles. Without an account the default profile is meant. */
export function loginCommand(account?: string, flag?: string): string {
  const profile = account === undefined ? '' : ` --profile ${quoted(account)}`;
  return `"gprxy login${profile}${flag === undefined ? '' : ` ${flag}`}"`;
}

export function runLogin(account?: string): string {
  return `Run ${loginCommand(account)}.`;
}

/** A profile's name comes from a file and may need quoting in a shell. */
function quoted(account: string): string {
  return /^[\w.@-]+$/.test(account) ? account : `'${account.replaceAll("'", "'\\''")}'`;
}
