import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const directory = fileURLToPath(new URL('../packages/sidecar/page/', import.meta.url));
const now = Date.now();
const minute = 60_000;

interface Listener {
  readonly address: string;
  readonly profile?: string;
  readonly [more: string]: unknown;
}

const listener = (more: Listener) => ({
  ...{ profile: 'prod', state: 'listening', connections: 0, totalConnections: 0 },
  ...more,
});
const running = { version: 1, pid: 4711, startedAt: new Date(now - 180 * minute).toISOString(), state: 'running' };
const status = (listeners: readonly Listener[], problems: readonly object[] = []) => ({
  ...{ ...running, listeners: listeners.map(listener), problems },
});
const connectionStrings = ['URL', 'psql', 'JDBC'].map((client) => ({
  ...{ client, text: `postgresql://localhost:5433/sales?client=${client}` },
}));
const profile = (more: object = {}) => ({ name: 'prod', canSignIn: true, connectionStrings, ...more });
const prod = (more: object = {}) => ({ address: '127.0.0.1:5433', ...more });
const long = 'analytics-warehouse-read-replica-eu-central-1-production-with-a-very-long-name';
const expired = {
  ...{ at: new Date(now - minute).toISOString(), code: '28P01', message: 'the login of profile prod has expired' },
  hint: 'Run "gprxy login --profile prod".',
};
const asking = {
  ...{ state: 'asking', url: 'http://login.corp.example/device', issuer: 'http://login.corp.example' },
  ...{ expiresAt: now + 9 * minute, code: 'WDJB-MJHT' },
};

/** What the sidecar says of itself, as the page gets it, in situations that are hard to bring about. */
export const views = {
  'nobody has signed in yet': { status: status([prod()]), profiles: [profile()] },
  'two hundred connections, a dozen profiles': {
    status: status([
      prod({
        connections: 200,
        totalConnections: 1_234_567,
        tokenExpiresAt: new Date(now + 42 * minute).toISOString(),
        spares: { waiting: 8 },
      }),
      ...Array.from({ length: 11 }, (_, at) => ({ profile: `db${at}`, address: `127.0.0.1:${6000 + at}` })),
    ]),
    profiles: [
      profile(),
      ...Array.from({ length: 11 }, (_, at) => profile({ name: `db${at}`, canSignIn: at % 2 > 0 })),
    ],
  },
  'long names': {
    status: status([
      { profile: long, address: `/home/alice/.local/state/gprxy/run/${long}/.s.PGSQL.5432` },
      { profile: long, address: '127.0.0.1:5433' },
    ]),
    profiles: [profile({ name: long, connectionStrings: [{ client: 'URL', text: `postgresql://localhost/${long}` }] })],
  },
  'things that went wrong': {
    status: status(
      [prod({ state: 'failed' }), prod({ address: '127.0.0.1:5434', state: 'draining', lastError: expired })],
      [
        { profile: 'prod', message: 'port 5433 is taken', hint: 'Free it; then run "gprxy reload".' },
        { message: 'no TOML' },
      ],
    ),
    profiles: [profile({ connectionStrings: [] })],
  },
  'a login under way': { status: status([prod()]), profiles: [profile({ signIn: asking })] },
  'a login that failed': {
    status: status([prod()]),
    profiles: [profile({ signIn: { state: 'failed', at: now, message: 'denied', hint: 'Run "gprxy login".' } })],
  },
  'a token that has expired': {
    status: status([prod({ tokenExpiresAt: new Date(now - 3 * minute).toISOString(), lastError: expired })]),
    profiles: [profile()],
  },
  'no profile': { status: status([]), profiles: [] },
};

export type View = (typeof views)[keyof typeof views];

/** What the sidecar answers; `'gone'` when it does not, and a number for an HTTP status alone. */
export type Answer = View | 'gone' | number;

/** Opens the page's own files with whatever `answer` says at that moment in the place of the sidecar. */
export async function openView(page: Page, answer: () => Answer): Promise<{ readonly signIns: readonly string[] }> {
  const signIns: string[] = [];
  await page.unrouteAll();
  await page.route('**/*', async (route) => {
    const path = new URL(route.request().url()).pathname.slice(1);
    if (route.request().method() === 'POST') {
      signIns.push(path);
      return route.fulfill({ status: 202, json: {} });
    }
    if (path !== 'view') return route.fulfill({ path: directory + (path || 'status.html') });
    const view = answer();
    if (view === 'gone') return route.abort();
    return typeof view === 'number' ? route.fulfill({ status: view, json: {} }) : route.fulfill({ json: view });
  });
  await page.goto('http://127.0.0.1:9/');
  await page.waitForFunction("!document.getElementById('state').textContent.startsWith('Asking')");
  return { signIns };
}

const axe = fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url));

/** What a machine can find of what keeps people from using a page (WCAG 2.2 and good practice); empty is good. */
export async function barriers(page: Page): Promise<unknown> {
  await page.evaluate(await readFile(axe, 'utf8'));
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.map(({ target, failureSummary }) => target.join(' ') + ': ' + failureSummary)]))`);
}
