import { createHash } from 'node:crypto';

/** How a login ended, for the browser's window. All texts are plain. */
export interface ResultPage {
  readonly status: number;
  readonly kind: 'success' | 'denied' | 'failed';
  readonly title: string;
  readonly text: string;
  /** Smaller, below. */
  readonly detail?: string;
}

const style = `
:root{color-scheme:light dark;--paper:#f6f7f9;--sheet:#fff;--ink:#1c2430;--soft:#5b6675;--mark:#b3261e}
@media(prefers-color-scheme:dark){:root{--paper:#12161c;--sheet:#1c222b;--ink:#e8ecf1;--soft:#a3adba;--mark:#ff8a80}}
.success{--mark:#1a7f4b}.denied{--mark:#9a6700}
@media(prefers-color-scheme:dark){.success{--mark:#5fd39a}.denied{--mark:#e3b341}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--paper);color:var(--ink);
font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:27rem;padding:2rem 1.5rem;background:var(--sheet);border-radius:.75rem;
border-top:.3rem solid var(--mark);box-shadow:0 1px 3px #0002,0 8px 24px #0001;overflow-wrap:anywhere}
.mark{width:2.75rem;height:2.75rem;display:grid;place-items:center;border:.15rem solid;border-radius:50%;
font-size:1.4rem;line-height:1;color:var(--mark)}
h1{font-size:1.5rem;line-height:1.25;margin:1rem 0 .5rem}
p{margin:.5rem 0}
.detail{color:var(--soft);font-size:.9375rem}
footer{margin-top:1.5rem;color:var(--soft);font-size:.875rem}`;

/** The code leaves the address bar and the history. Where browsers let a page close itself, it does. */
const script = `history.replaceState(null,'',location.pathname);
if(document.body.className==='success')setTimeout(()=>window.close(),2500)`;

const marks = { success: '&#10003;', denied: '&#215;', failed: '!' };

/** One page with everything in it: it works without a network, and asks nobody for anything. */
export function resultPage({ kind, title, text, detail }: ResultPage): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)} - gprxy</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<link rel="icon" href="data:,"><style>${style}</style></head>
<body class="${kind}"><main role="${kind === 'success' ? 'status' : 'alert'}">
<div class="mark" aria-hidden="true">${marks[kind]}</div>
<h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>
${detail === undefined ? '' : `<p class="detail">${escapeHtml(detail)}</p>`}
<footer>gprxy</footer></main><script>${script}</script></body></html>
`;
}

export function pageHeaders(): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src '${digest(style)}'; script-src '${digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    connection: 'close',
  };
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
