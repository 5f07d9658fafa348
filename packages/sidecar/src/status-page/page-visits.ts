import { digest, secret } from './one-time-links.ts';

const LIFETIME_MS = 12 * 3_600_000;
const MAX_VISITS = 16;
const COOKIE = 'gprxy_status';

interface Visit {
  readonly cookie: string;
  readonly expiresAt: number;
}

/**
 * Browsers that have come in by a link. Each gets a cookie and a folder of its own with a name that cannot be guessed: browsers send cookies
 * to every port of a host, and so to whoever listens on another port of this machine, but only for requests of their folder.
 */
export class PageVisits {
  readonly #now: () => number;
  readonly #visits = new Map<string, Visit>();

  constructor(now: () => number) {
    this.#now = now;
  }

  begin(): { readonly folder: string; readonly setCookie: string } {
    const [folder, cookie] = [secret(), secret()];
    const [oldest] = this.#visits.keys();
    if (oldest !== undefined && this.#visits.size >= MAX_VISITS) this.#visits.delete(oldest);
    this.#visits.set(digest(folder), { cookie: digest(cookie), expiresAt: this.#now() + LIFETIME_MS });
    const attributes = `Path=/${folder}/; HttpOnly; SameSite=Strict; Max-Age=${LIFETIME_MS / 1_000}`;
    return { folder, setCookie: `${COOKIE}=${cookie}; ${attributes}` };
  }

  /** @param cookies the Cookie header */
  isGoingOn(folder: string, cookies: string | undefined): boolean {
    const visit = this.#visits.get(digest(folder));
    if (visit === undefined || this.#now() >= visit.expiresAt) return false;
    const [, cookie] = /(?:^|; )gprxy_status=([^;]*)/.exec(cookies ?? '') ?? [];
    return cookie !== undefined && digest(cookie) === visit.cookie;
  }
}
