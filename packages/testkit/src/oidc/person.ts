import { Agent, fetch, type RequestInit } from 'undici';

const MAX_STEPS = 20;

export interface PersonOptions {
  /** PEM of the certificate authority of an https provider. */
  ca?: string;
  /** Where `uri` does not hold the code. */
  userCode?: string;
}

/** Opens `verification_uri_complete` like a browser, confirms the code, signs in as `user` and consents. */
export async function approveDevice(uri: string, options: PersonOptions & { user: string }): Promise<void> {
  const end = await walk(uri, options, { login: options.user, password: 'any', user_code: options.userCode });
  if (!end.html.includes('<h1>Signed in</h1>'))
    throw new Error(`the provider did not connect the device: ${text(end)}`);
}

/** Opens `verification_uri_complete` and says that it was not me. */
export async function denyDevice(uri: string, options: PersonOptions = {}): Promise<void> {
  const end = await walk(uri, options, { user_code: options.userCode }, 'abort');
  if (end.html.includes('<form')) throw new Error(`the provider asked on: ${text(end)}`);
}

/**
 * Signs in at an authorization URL (browser flow) and follows every redirect, the last one to the client's own
 * loopback address included.
 */
export async function signInAtBrowser(uri: string, options: PersonOptions & { user: string }): Promise<void> {
  await walk(uri, options, { login: options.user, password: 'any' });
}

interface Page {
  url: string;
  html: string;
}

type Fields = Readonly<Record<string, string | undefined>>;

/** Fills in and submits one form after the other until a page has none; presses `press` where there is such a button. */
async function walk(uri: string, options: PersonOptions, fields: Fields, press?: string): Promise<Page> {
  const agent = new Agent({ connect: options.ca ? { ca: options.ca } : {} });
  try {
    const browser = new Browser(agent);
    let page = await browser.open(uri);
    for (let step = 0; step < MAX_STEPS && page.html.includes('<form'); step++) {
      const form = formOf(page, fields, press);
      page = await browser.open(form.action, { method: 'POST', body: form.data });
    }
    return page;
  } finally {
    await agent.close();
  }
}

/** Follows redirects and keeps cookies. */
class Browser {
  readonly #agent: Agent;
  readonly #cookies = new Map<string, string>();

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  async open(url: string, init: RequestInit = {}): Promise<Page> {
    let request = { url, init };
    for (let step = 0; step < MAX_STEPS; step++) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const settings = { ...request.init, headers: { cookie }, redirect: 'manual', dispatcher: this.#agent } as const;
      const response = await fetch(request.url, settings);
      this.#keepCookies(response.headers.getSetCookie());
      const location = response.headers.get('location');
      if (!location) return { url: request.url, html: await response.text() };
      await response.body?.cancel();
      request = { url: new URL(location, request.url).href, init: {} };
    }
    throw new Error(`too many redirects from ${url}`);
  }

  #keepCookies(cookies: readonly string[]): void {
    for (const cookie of cookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name && value) this.#cookies.set(name, value);
      else if (name) this.#cookies.delete(name);
    }
  }
}

function formOf(page: Page, fields: Fields, press: string | undefined): { action: string; data: URLSearchParams } {
  const action = /<form[^>]*action="([^"]*)"/.exec(page.html)?.[1] ?? '';
  const data = new URLSearchParams();
  for (const [, attributes = ''] of page.html.matchAll(/<input([^>]*)>/g)) {
    const name = attribute(attributes, 'name');
    if (name) data.set(name, fields[name] ?? attribute(attributes, 'value') ?? '');
  }
  if (press && page.html.includes(`name="${press}"`)) data.set(press, 'yes');
  return { action: new URL(unescapeHtml(action), page.url).href, data };
}

const attribute = (attributes: string, name: string) => {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
};

function unescapeHtml(html: string): string {
  return html
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

const text = (page: Page) => page.html.replace(/<style>[\s\S]*<\/style>|<[^>]*>/g, ' ').replace(/\s+/g, ' ');
