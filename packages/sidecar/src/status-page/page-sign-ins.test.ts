import { CredentialError, type LoginPrompt } from '@gprxy/credentials';
import { expect, it } from 'vitest';
import { collectLog } from '../config/profile.testing.ts';
import type { PersonLogin } from '../sign-in/person-login.ts';
import { PageSignIns } from './page-sign-ins.ts';

const prompt = { issuer: 'https://login.example', clientId: 'gprxy-cli', expiresAt: 9_000 };
const browser: LoginPrompt = {
  ...{ ...prompt, kind: 'browser', url: 'https://login.example/auth?state=s', redirectUri: 'http://127.0.0.1:1/' },
};
const device: LoginPrompt = {
  ...{ ...prompt, kind: 'device', userCode: 'WDJB-MJHT', verificationUri: 'https://login.example/device' },
};

/** Logins that show this, and then end as the test says. */
function signInsThat(shown: LoginPrompt | undefined) {
  const begun: Array<PromiseWithResolvers<void>> = [];
  const login: PersonLogin['login'] = ({ show }) => {
    const turn = withResolvers();
    begun.push(turn);
    if (shown) show(shown);
    return turn.promise;
  };
  const { log, lines } = collectLog();
  const signIns = new PageSignIns({
    personLoginFor: async () => ({ login }) as PersonLogin,
    log,
    now: () => 1_000,
    signal: new AbortController().signal,
  });
  return { signIns, begun, lines };
}

it.each<[how: string, shown: LoginPrompt, view: object]>([
  ['a page to open', browser, { url: 'https://login.example/auth?state=s' }],
  ['a code to enter', device, { url: 'https://login.example/device', code: 'WDJB-MJHT' }],
  [
    'a page with the code filled in',
    { ...device, verificationUriComplete: 'https://login.example/device?c' },
    { url: 'https://login.example/device?c', code: 'WDJB-MJHT' },
  ],
  ['the login of another process', { ...device, begunBy: 7 }, { begunBy: 7 }],
])('shows %s, and that somebody has signed in', async (_, shown, view) => {
  const { signIns, begun } = signInsThat(shown);
  expect(signIns.view('prod')).toBeUndefined();
  signIns.begin('prod');
  expect(signIns.view('prod')).toEqual({ state: 'beginning' });
  await expect.poll(() => signIns.view('prod')).toMatchObject({ state: 'asking', expiresAt: 9_000, ...view });
  expect(signIns.view('dev')).toBeUndefined();
  begun[0]?.resolve();
  await expect.poll(() => signIns.view('prod')).toEqual({ state: 'done', at: 1_000 });
});

it('begins one at a time, and another after that', async () => {
  const { signIns, begun } = signInsThat(device);
  for (let click = 0; click < 3; click++) signIns.begin('prod');
  await expect.poll(() => begun.length).toBe(1);
  signIns.begin('prod');
  begun[0]?.resolve();
  await expect.poll(() => signIns.view('prod')?.state).toBe('done');
  signIns.begin('prod');
  await expect.poll(() => begun.length).toBe(2);
});

it('says why nobody signed in', async () => {
  const { signIns, begun } = signInsThat(device);
  signIns.begin('prod');
  await expect.poll(() => begun.length).toBe(1);
  begun[0]?.reject(new CredentialError('ERR_LOGIN_DENIED', 'the login was denied', { hint: 'Ask.' }));
  await expect
    .poll(() => signIns.view('prod'))
    .toEqual({ state: 'failed', at: 1_000, message: 'the login was denied', hint: 'Ask.' });
});

it('S18 repeats no words of an error that is not ours', async () => {
  const { signIns, begun, lines } = signInsThat(undefined);
  signIns.begin('prod');
  await expect.poll(() => begun.length).toBe(1);
  begun[0]?.reject(new Error('canary'));
  await expect.poll(() => signIns.view('prod')?.state).toBe('failed');
  expect(JSON.stringify([signIns.view('prod'), lines])).not.toContain('canary');
});

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  resolve(): void;
  reject(error: unknown): void;
}

function withResolvers(): PromiseWithResolvers<void> {
  let settle = { resolve() {}, reject(_: unknown) {} };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, resolve: () => settle.resolve(), reject: (error) => settle.reject(error) };
}
