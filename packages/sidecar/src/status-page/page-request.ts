import type { IncomingHttpHeaders } from 'node:http';

/** Why a request is refused whatever it asks for; undefined where it is not. */
export function refusalOf(headers: IncomingHttpHeaders, ownHost: string): string | undefined {
  // A page can have its own name resolve to 127.0.0.1 (DNS rebinding); its name is still in this header.
  if (headers.host !== ownHost) return 'the Host header is not of this page';
  const site = headers['sec-fetch-site'];
  const isNavigation = headers['sec-fetch-mode'] === 'navigate';
  // Following a link is how anybody comes here first; everything else is this page's own to ask for.
  if (site !== undefined && !['same-origin', 'none'].includes(site.toString()) && !isNavigation)
    return 'another page asks';
  const destination = headers['sec-fetch-dest'];
  if (isNavigation && destination !== undefined && destination !== 'document') return 'it is shown in no frame';
  return undefined;
}

/** Whether the page itself asks for a change: a form or a script of another origin, another port included, cannot say so. */
export function isOwnChange(headers: IncomingHttpHeaders, ownHost: string): boolean {
  const site = headers['sec-fetch-site'];
  const isSameSite = site === undefined || site === 'same-origin';
  // No form can send a header of its own, and a script of elsewhere would have to ask first (Fetch standard, CORS preflight).
  return headers.origin === `http://${ownHost}` && isSameSite && headers['x-gprxy-page'] === '1';
}
