import { expect, it } from 'vitest';
import { lineOf, type TomlPath } from './toml-lines.ts';

const text = `listen = "a"
[tls]
cert = "c"   # comment

[[issuers]]
issuer = "one"
[[issuers]] # second
"groups_claim" = "x"
[databases.sales]
upstream = "env:X"
identity = { mode = "login" }
startup.deny = []
[databases."two words"]
upstream = 1
`;

it.each<[TomlPath, number | undefined]>([
  [['listen'], 1],
  [['tls', 'cert'], 3],
  [['tls', 'missing'], 2],
  [['issuers', 0, 'issuer'], 6],
  [['issuers', 1, 'groups_claim'], 8],
  [['issuers', 1, 'issuer'], 7],
  [['databases', 'sales', 'identity', 'mode'], 11],
  [['databases', 'sales', 'startup', 'deny'], 12],
  [['databases', 'two words', 'upstream'], 14],
  [['nowhere'], undefined],
])('finds the line of %j', (path, line) => {
  expect(lineOf(text, path)).toBe(line);
});
