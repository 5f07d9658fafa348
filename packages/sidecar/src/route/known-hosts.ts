import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a known_hosts file says of one host (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`. */
  readonly type: string;
  readonly key: Buffer;
  readonly revoked: boolean;
}

/** The keys of `host` at `port`, in the order of the file. Lines that cannot be read, and certificate authorities, are passed over. */
export function knownKeys(text: string, host: string, port: number): readonly KnownKey[] {
  const name = (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    const [hosts, type, key] = fields;
    if (hosts === undefined || type === undefined || key === undefined || hosts.startsWith('#')) return [];
    if (marker === '@cert-authority' || !matchesHost(hosts, name)) return [];
    return [{ type, key: Buffer.from(key, 'base64'), revoked: marker === '@revoked' }];
  });
}

function matchesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return matchesHash(hosts, name);
  let matched = false;
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** `|1|salt|hash`: HMAC-SHA1 of the name, so that the file does not tell where somebody goes. */
function matchesHash(hashed: string, name: string): boolean {
  const [, , salt, hash] = hashed.split('|');
  if (salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** `*` stands for any characters, `?` for one. Not by a RegExp: one with many `*` takes for ever to find that it does not match. */
function matchesPattern(pattern: string, name: string): boolean {
  let [at, star, starAt] = [0, -1, 0];
  for (let i = 0; i < name.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      starAt = i;
    } else if (pattern[at] === '?' || pattern[at] === name[i]) {
      at += 1;
      i += 1;
    } else if (star >= 0) {
      // The last star takes one character more. Those before it need not be tried again.
      at = star + 1;
      i = ++starAt;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
