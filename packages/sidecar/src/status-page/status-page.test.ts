import { expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../log/log.ts';
import { StatusPage } from './status-page.ts';

/** On a system that says, or does not, whose a connection is: here of `peer`. */
async function linkWhere(says: boolean, ownUid: number | undefined, peer?: number) {
  const closed = new AbortController();
  const begun: string[] = [];
  const page = new StatusPage({
    status: () => ({ version: 1, pid: 1, startedAt: '', state: 'running', listeners: [], problems: [] }),
    ...{ profile: () => undefined, connectionStrings: () => [] },
    personLoginFor: ({ name }) => Promise.reject(begun.push(name)),
    peers: { available: async () => says, uidOf: async () => peer, uidListeningOn: async () => undefined },
    ...{ ownUid, log: silentLog, now: Date.now, signal: closed.signal },
  });
  onTestFinished(() => page.close());
  return { ...(await page.link()), begun };
}

it.each([
  [true, 1_000, true],
  [false, 1_000, false],
  [true, undefined, false],
])(
  'S15 says whether the link is of use to other users (kernel says whose: %s, own user: %s)',
  async (says, uid, ownUserOnly) => {
    expect(await linkWhere(says, uid)).toMatchObject({
      ownUserOnly,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
    });
  },
);

it('S15 where no user can be told, the door is closed to all rather than open', async () => {
  const { url } = await linkWhere(true, 1_000);
  await expect(fetch(url)).rejects.toThrow();
});

it('signs nobody in to what is not served', async () => {
  const { url, begun } = await linkWhere(true, 1_000, 1_000);
  const { origin } = new URL(url);
  const welcome = await fetch(url);
  const [, folder] = /url=\/([\w-]+)\//.exec(await welcome.text()) ?? [];
  const cookie = welcome.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const headers = { cookie, origin, 'x-gprxy-page': '1' };
  expect((await fetch(`${origin}/${folder}/view`, { headers })).status).toBe(200);
  expect((await fetch(`${origin}/${folder}/sign-in/prod`, { method: 'POST', headers })).status).toBe(404);
  expect(await (await fetch(`${origin}/${folder}/view`, { headers })).text()).not.toContain('signIn"');
  expect(begun).toEqual([]);
});
