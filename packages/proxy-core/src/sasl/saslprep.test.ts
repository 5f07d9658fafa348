import { describe, expect, it } from 'vitest';
import { saslprep } from './saslprep.ts';

describe('saslprep', () => {
  // RFC 4013 section 3; what it prohibits there is used raw here, as PostgreSQL does.
  it.each([
    ['maps a soft hyphen to nothing', 'I\u00adX', 'IX'],
    ['leaves ASCII alone', 'user', 'user'],
    ['preserves case', 'USER', 'USER'],
    ['normalizes by NFKC', '\u00aa', 'a'],
    ['normalizes by NFKC', '\u2168', 'IX'],
    ['composes', 'a\u0308', '\u00e4'],
    ['maps spaces to a space', 'a\u00a0b', 'a b'],
    ['uses an ASCII control character raw', '\u0007', '\u0007'],
    ['uses a prohibited character raw, and normalizes nothing then', '\u0080\u2168', '\u0080\u2168'],
    ['uses mixed directions raw', '\u0627\u0031', '\u0627\u0031'],
    ['uses unassigned code points raw', '\u{1F600}', '\u{1F600}'],
    ['uses a password raw of which nothing would be left', '\u00ad', '\u00ad'],
    ['leaves the empty password empty', '', ''],
  ])('%s: %j', async (_, password, prepared) => {
    expect(await saslprep(password)).toBe(prepared);
  });
});
