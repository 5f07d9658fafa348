import { createHash } from 'node:crypto';
import { pageCss, pageHtml, pageScript } from './page-files.ts';

export interface PageAnswer {
  readonly code: number;
  readonly type: 'html' | 'css' | 'javascript' | 'json';
  readonly body: string;
  readonly setCookie?: string;
}

export const statusPage: PageAnswer = { code: 200, type: 'html', body: pageHtml };
export const ownFiles: Readonly<Record<string, PageAnswer>> = {
  'status.css': { code: 200, type: 'css', body: pageCss },
  'status.js': { code: 200, type: 'javascript', body: pageScript },
};

/**
 * After a visit has begun. The way on is one that this page goes itself: with a redirect, browsers would take the request for that of
 * whoever showed the link, and send no strict cookie along.
 */
export function welcome(folder: string, setCookie: string): PageAnswer {
  const head = `<meta http-equiv="refresh" content="0;url=/${folder}/">`;
  return { code: 200, type: 'html', setCookie, body: bare('gprxy', `<p><a href="/${folder}/">Go on</a></p>`, head) };
}

/** For who comes without a visit: nothing of what the page would show. */
export function closedDoor(code: number, why: string): PageAnswer {
  const text = `<h1>Nothing to see</h1><p>${why}</p><p>Run <code>gprxy status --web</code> for a new link.</p>`;
  return { code, type: 'html', body: bare('Nothing to see - gprxy', text) };
}

export function json(code: number, body: object): PageAnswer {
  return { code, type: 'json', body: `${JSON.stringify(body)}\n` };
}

/** The page's own style is for those who have come in. */
const BARE_STYLE =
  ':root{color-scheme:light dark}body{max-width:40rem;margin:15vh auto;padding:0 1.25rem;font:1rem/1.55 system-ui,sans-serif}h1{font-size:1.5rem}code{font-size:.9375rem}';
const BARE_STYLE_DIGEST = createHash('sha256').update(BARE_STYLE).digest('base64');

function bare(title: string, body: string, head = ''): string {
  const meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">';
  const icon = '<link rel="icon" href="data:,"><meta name="color-scheme" content="light dark">';
  return `<!DOCTYPE html>\n<html lang="en"><head>${meta}${icon}<title>${title}</title><style>${BARE_STYLE}</style>${head}</head><body>${body}</body></html>\n`;
}

/** Everything comes from here, and nothing goes elsewhere. */
const POLICY = [
  "default-src 'none'",
  `style-src 'self' 'sha256-${BARE_STYLE_DIGEST}'`,
  "script-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function headersOf({ type, setCookie }: PageAnswer): Record<string, string> {
  return {
    'content-type': type === 'json' ? 'application/json' : `text/${type}; charset=utf-8`,
    'content-security-policy': POLICY,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    ...(setCookie !== undefined && { 'set-cookie': setCookie }),
  };
}
