import type { CredentialDependencies } from '@gprxy/credentials';

type Fetch = CredentialDependencies['fetch'];

/** Longer than any provider takes that is well. */
const patienceMs = 2_000;

/** Says once for each host whose answer is late what is being waited for: a command that is silent looks like one that hangs. */
export function sayingWhenSlow(fetch: Fetch, say: (line: string) => void): Fetch {
  const told = new Set<string>();
  return async (input, init) => {
    const { host } = new URL(typeof input === 'object' && 'url' in input ? input.url : input);
    const timer = setTimeout(() => {
      if (!told.has(host)) say(`gprxy: waiting for ${host} to answer ...`);
      told.add(host);
    }, patienceMs);
    try {
      return await fetch(input, init);
    } finally {
      clearTimeout(timer);
    }
  };
}
