import { CredentialError } from '@gprxy/credentials';
import { describe, expect, it, vi } from 'vitest';
import { type Asked, denied, prompt, startSignIn, startWaiting } from './sign-in.testing.ts';

const first = (asked: readonly Asked[]): Asked => asked[0] as Asked;
const minuteMs = 60_000;

describe('clients that wait for a person', () => {
  it('a hundred of them are one login and one window, and all are told the same', async () => {
    const { signIn, asked, windows } = startSignIn();
    const early = Array.from({ length: 50 }, () => startWaiting(signIn));
    first(asked).show();
    const late = Array.from({ length: 50 }, () => startWaiting(signIn));
    first(asked).approve();
    for (const { told, end } of [...early, ...late]) {
      expect(await end).toBe('signed in');
      expect(told).toEqual([`open ${prompt.verificationUri}`]);
    }
    expect(asked.length).toBe(1);
    expect(windows).toEqual([prompt.verificationUri]);
  });

  it('may hang up: the login goes on, and who connects again comes back to it', async () => {
    const { signIn, asked } = startSignIn();
    const leaving = new AbortController();
    const gone = new Error('the client has gone');
    const one = startWaiting(signIn, leaving.signal);
    first(asked).show();
    leaving.abort(gone);
    expect(await one.end).toBe(gone);
    expect(first(asked).signal.aborted).toBe(false);
    first(asked).show({ verificationUri: 'https://login.example/second' });
    expect(one.told).toEqual([`open ${prompt.verificationUri}`]);
    const again = startWaiting(signIn);
    first(asked).approve();
    expect(await again.end).toBe('signed in');
    expect(asked.length).toBe(1);
  });

  it('are told at their limit that nobody came, and the login goes on', async () => {
    const { signIn, asked } = startSignIn({ waitMs: 1 });
    const { end } = startWaiting(signIn);
    expect(await end).toMatchObject({ code: 'ERR_LOGIN_EXPIRED', message: expect.stringContaining('within 1 s') });
    expect(first(asked).signal.aborted).toBe(false);
  });

  it('are all told when it was denied', async () => {
    const { signIn, asked } = startSignIn();
    const waiting = [1, 2, 3].map(() => startWaiting(signIn));
    first(asked).show();
    first(asked).fail();
    for (const { end } of waiting) expect(await end).toBe(denied);
  });

  it('are told the page of the login that takes the place of another', async () => {
    const { signIn, asked } = startSignIn();
    const { told } = startWaiting(signIn);
    first(asked).show();
    first(asked).show({ verificationUri: 'https://login.example/second' });
    expect(told).toEqual([`open ${prompt.verificationUri}`, 'open https://login.example/second']);
  });

  it('wait for nothing once the sidecar has closed', async () => {
    const { signIn, closed } = startSignIn();
    const { end } = startWaiting(signIn);
    closed.abort();
    expect(await end).toMatchObject({ code: 'ERR_ABORTED' });
  });
});

describe('the browser', () => {
  it('is left alone with "notice"', async () => {
    const { signIn, asked, windows } = startSignIn({ how: 'notice' });
    startWaiting(signIn);
    first(asked).show();
    expect(first(asked).inBrowser).toBe(false);
    expect(windows).toEqual([]);
  });

  it('is left alone for a login that another process has begun, which has its window already', () => {
    const { signIn, asked, windows } = startSignIn();
    const { told } = startWaiting(signIn);
    first(asked).show({ begunBy: 4711 });
    expect(windows).toEqual([]);
    expect(told.length).toBe(1);
  });

  it('that does not exist is said at once, and nobody is asked', async () => {
    const { signIn, asked } = startSignIn({ person: { browser: { canOpen: false, why: 'there is no screen' } } });
    expect(await startWaiting(signIn).end).toMatchObject({
      code: 'ERR_LOGIN_NEEDED',
      message: 'nobody is signed in (profile "prod"), and no browser can be opened: there is no screen',
    });
    expect(asked).toEqual([]);
  });

  it('that cannot be opened ends the login, and is not tried for each connection', async () => {
    const openPage = vi.fn(() => Promise.reject(new Error('no xdg-open')));
    const { signIn, asked } = startSignIn({ person: { openPage } });
    const { end } = startWaiting(signIn);
    first(asked).show();
    expect(await end).toMatchObject({ message: expect.stringContaining('no browser can be opened') });
    expect(await startWaiting(signIn).end).toMatchObject({ message: expect.stringContaining('5 minutes') });
    expect(openPage).toHaveBeenCalledOnce();
  });
});

describe('after a login that came to nothing', () => {
  async function deny(test: ReturnType<typeof startSignIn>, error?: Error) {
    const { end } = startWaiting(test.signIn);
    const asked = test.asked.at(-1) as Asked;
    asked.show();
    asked.fail(error);
    await end;
  }

  it('S26 no number of connections opens another window before the pause is over', async () => {
    const test = startSignIn();
    await deny(test);
    const ends = await Promise.all(Array.from({ length: 1_000 }, () => startWaiting(test.signIn).end));
    for (const end of ends) {
      expect(end).toMatchObject({
        code: 'ERR_LOGIN_NEEDED',
        message: expect.stringContaining('no other begins by itself for 5 minutes'),
      });
    }
    expect(test.windows.length).toBe(1);
    test.clock.ms += 5 * minuteMs;
    startWaiting(test.signIn);
    expect(test.asked.length).toBe(2);
  });

  it('a login that somebody begins by hand is joined in the pause too, and ends it', async () => {
    let joined = false;
    const test = startSignIn({
      person: {
        join: async ({ show }) => {
          if (joined) show({ ...prompt, begunBy: 4711 });
          return joined;
        },
      },
    });
    await deny(test);
    joined = true;
    const { told, end } = startWaiting(test.signIn);
    expect(await end).toBe('signed in');
    expect(told.length).toBe(1);
    startWaiting(test.signIn);
    expect(test.asked.length).toBe(2);
  });

  it('a token from wherever ends the pause', async () => {
    const test = startSignIn();
    await deny(test);
    test.signIn.signedIn();
    startWaiting(test.signIn);
    expect(test.asked.length).toBe(2);
  });

  it.each([
    ['a window that nobody looked at counts', 'browser', 'ERR_LOGIN_EXPIRED', 1],
    ['a code that nobody entered does not', 'notice', 'ERR_LOGIN_EXPIRED', 2],
    ['a refusal counts with "notice" as well', 'notice', 'ERR_LOGIN_DENIED', 1],
  ] as const)('%s', async (_what, how, code, logins) => {
    const test = startSignIn({ how });
    await deny(test, new CredentialError(code, 'it came to nothing'));
    startWaiting(test.signIn);
    expect(test.asked.length).toBe(logins);
  });

  it('a provider that is out does not count: nobody was asked', async () => {
    const test = startSignIn();
    const { end } = startWaiting(test.signIn);
    first(test.asked).fail(new CredentialError('ERR_PROVIDER_UNREACHABLE', 'down'));
    await end;
    startWaiting(test.signIn);
    expect(test.asked.length).toBe(2);
  });
});

it('the log has neither the page nor the code', async () => {
  const { signIn, asked, lines } = startSignIn();
  const { end } = startWaiting(signIn);
  first(asked).show();
  first(asked).fail();
  await end;
  expect(lines.map(({ message }) => message)).toEqual(['asking the person to sign in', 'nobody signed in']);
  expect(JSON.stringify(lines)).not.toMatch(/ABCD|login\.example/);
});
