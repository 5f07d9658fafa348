/** The calls of gprxy in a line for a shell, each as the words behind `gprxy`: `eval "$(gprxy dsn --for env)"` has one. */
export function gprxyCallsIn(line: string): readonly (readonly string[])[] {
  return [...line.matchAll(/(?<![\w./-])gprxy (.*)/g)].map(([, rest = '']) => wordsOf(rest));
}

/** Up to what ends a command in a shell. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  for (const [, single, double, bare, end] of text.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"|;&<>()]+)|([|;&<>()"])/g)) {
    if (end !== undefined) break;
    words.push(single ?? double ?? bare ?? '');
  }
  return words;
}
