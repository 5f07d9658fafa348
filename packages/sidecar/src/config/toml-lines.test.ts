import { expect, it } from 'vitest';
import { lineOf, tomlLines } from './toml-lines.ts';

const text = `# a = 1
top = 1
[a]   # comment
"quoted.key" = [
  1,
]
x.y = 2
[ a . 'b c' ]
text = """
[not.a.table]
not_a_key = 1
"""
inline = { deep = 1 }
[[list]]
z = 1`;

it.each([
  [['top'], 2],
  [['a'], 3],
  [['a', 'quoted.key'], 4],
  [['a', 'x', 'y'], 7],
  [['a', 'b c'], 8],
  [['a', 'b c', 'text'], 9],
  [['a', 'b c', 'inline', 'deep'], 13],
  [['list', 'z'], 15],
  [['not_a_key'], undefined],
])('finds %j on line %s', (path, line) => {
  expect(lineOf(tomlLines(text), path)).toBe(line);
});
