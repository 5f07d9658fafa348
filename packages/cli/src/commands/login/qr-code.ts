import type { ChalkInstance } from 'chalk';
import type { Dependencies } from '../../dependencies.ts';
import { isInteractive } from '../../terminal.ts';

/** Draws a URL for a phone's camera, on terminals that can show it; elsewhere nothing. */
export async function prepareQrCode(
  { stderr, env, platform }: Dependencies,
  colours: ChalkInstance,
): Promise<(url: string) => readonly string[]> {
  if (!isInteractive(stderr, env) || !showsBlocks(env, platform)) return () => [];
  const { renderUnicodeCompact } = await import('uqr');
  const columns = stderr.columns ?? 80;
  return (url) => {
    const lines = renderUnicodeCompact(url, { border: 2 }).split('\n');
    const fits = lines.every((line) => line.length <= columns);
    return fits ? lines.map((line) => colours.whiteBright.bgBlack(line)) : [];
  };
}

/** The code is drawn with half blocks, which need UTF-8. */
function showsBlocks(env: Dependencies['env'], platform: NodeJS.Platform): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return platform !== 'linux' || /utf-?8/i.test(locale);
}
