import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  exampleLogin,
  failureOf,
  MemoryStore,
  neverAborts,
  settingsFor,
  testDependencies,
} from '../dependencies.testing.ts';
import { identifyThisProcess } from '../lock/process-identity.ts';
import { login } from '../login.ts';
import type { DevicePrompt, LoginPrompt } from '../oidc/login-prompt.ts';
import { createOidcTokenSource } from '../oidc-token-source.ts';
import { ensurePrivateDirectory } from '../store/private-directory.ts';
import { followLogin } from './follow-login.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.stop());

/** One machine: a place to meet, a store, and logins that take real time. */
function machine() {
  const { sleep: _, ...deps } = testDependencies({ now: Date.now });
  const store = new MemoryStore();
  const settings = settingsFor(provider);
  const begin = (changes: Partial<Parameters<typeof login>[0]> = {}) => {
    const controller = new AbortController();
    const shown: LoginPrompt[] = [];
    const show = (prompt: LoginPrompt) => void shown.push(prompt);
    const options = { settings, store, account: 'prod', deps, show, signal: controller.signal, ...changes };
    const result = login(options);
    const over = result.then(
      () => undefined,
      () => undefined,
    );
    // What it still writes would be in the way of who removes the directory.
    onTestFinished(() => {
      controller.abort();
      return over;
    });
    const prompt = async () => {
      await expect.poll(() => shown.length, { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
      return shown[0] as DevicePrompt;
    };
    return { result, shown, prompt, abort: () => controller.abort() };
  };
  const file = (name: string) => join(deps.lockDirectory, name);
  return { deps, store, settings, begin, file };
}

const asked = (deps: { sent: { path: string }[] }) => deps.sent.filter(({ path }) => path === '/device/auth').length;

describe('what others see of a login', () => {
  it('is theirs only who share the user, holds no token, and is gone with the login', async () => {
    const { begin, file } = machine();
    const { result, prompt } = begin();
    const { verificationUriComplete = '', userCode } = await prompt();
    await expect.poll(() => readFileSync(file('prod.login'), 'utf8')).toContain(userCode);
    expect(statSync(file('prod.login')).mode & 0o777).toBe(0o600);
    await provider.approve(verificationUriComplete);
    const { accessToken, refreshToken = '' } = await result;
    const left = readFileSync(file('prod.login'), 'utf8');
    expect(JSON.parse(left)).toMatchObject({ version: 1, outcome: { kind: 'done' } });
    for (const secret of [userCode, accessToken, refreshToken]) expect(left).not.toContain(secret);
    expect(readdirSync(file('.')).filter((name) => name.includes('.lock'))).toEqual([]);
  });

  it('is not needed for the login itself', async () => {
    const { begin, file, deps } = machine();
    await ensurePrivateDirectory(deps.lockDirectory);
    mkdirSync(file('prod.login')); // Which no file can replace.
    const { result, prompt } = begin();
    await provider.approve((await prompt()).verificationUriComplete ?? '');
    expect(await result).toMatchObject({ subject: 'alice' });
    expect(deps.records.map(({ event }) => event)).toContain('login-not-told');
  });
});

describe('a login that is joined', () => {
  it('shows what the first shows, and whose it is', async () => {
    const { begin, deps } = machine();
    const first = begin();
    const prompt = await first.prompt();
    const second = begin();
    expect(await second.prompt()).toEqual({ ...prompt, why: undefined, begunBy: process.pid });
    await provider.approve(prompt.verificationUriComplete ?? '');
    expect(await second.result).toEqual(await first.result);
    expect(asked(deps)).toBe(1);
  });

  it('whose holder runs where nobody can look is left alone until its code has expired', async () => {
    const { begin, file, deps } = machine();
    await ensurePrivateDirectory(deps.lockDirectory);
    const holder = { ...(await identifyThisProcess()), host: 'another' };
    writeFileSync(file('prod.login.lock'), JSON.stringify({ nonce: 'elsewhere', holder }), { mode: 0o600 });
    const news = (expiresAt: number) => ({
      version: 1,
      nonce: 'elsewhere',
      pid: 4711,
      wanted: { issuer: provider.issuer, clientId: provider.clientId, store: 'file' },
      prompt: {
        kind: 'device',
        issuer: provider.issuer,
        clientId: provider.clientId,
        expiresAt,
        verificationUri: 'https://id.example/device',
        userCode: 'ABCD',
      },
    });
    const tenMinutesAgo = Date.now() - 600_000;
    writeFileSync(file('prod.login'), JSON.stringify(news(Date.now() + 300_000)), { mode: 0o600 });
    utimesSync(file('prod.login.lock'), tenMinutesAgo / 1000, tenMinutesAgo / 1000);
    const { prompt, shown } = begin();
    expect(await prompt()).toMatchObject({ userCode: 'ABCD', begunBy: 4711 });
    writeFileSync(file('prod.login'), JSON.stringify(news(Date.now() - 120_000)), { mode: 0o600 });
    await expect.poll(() => shown.length).toBe(2);
    expect(shown[1]).not.toHaveProperty('begunBy');
  });

  it('is known to have ended well although the next one has begun', async () => {
    const { begin, file, deps, store } = machine();
    await ensurePrivateDirectory(deps.lockDirectory);
    const holder = await identifyThisProcess();
    const claim = (nonce: string) => {
      writeFileSync(file(`${nonce}.tmp`), JSON.stringify({ nonce, holder }), { mode: 0o600 });
      renameSync(file(`${nonce}.tmp`), file('prod.login.lock'));
    };
    const kept = exampleLogin();
    store.logins.set('prod', kept);
    const wanted = { issuer: provider.issuer, clientId: provider.clientId, store: 'file' };
    const tell = (news: object) =>
      writeFileSync(file('prod.login'), JSON.stringify({ version: 1, pid: 4711, wanted, ...news }), { mode: 0o600 });
    const prompt = {
      kind: 'device',
      issuer: provider.issuer,
      clientId: provider.clientId,
      expiresAt: Date.now() + 60_000,
      verificationUri: 'https://id.example/device',
      userCode: 'ABCD',
    };
    claim('first');
    tell({ nonce: 'first', prompt });
    const second = begin();
    await second.prompt();
    tell({ nonce: 'second', former: { nonce: 'first', outcome: { kind: 'done' } } });
    claim('second');
    expect(await second.result).toEqual(kept);
    expect(second.shown.length).toBe(1);
  });

  it('is known to have ended well although its process ended right after it had said so', async () => {
    const { file, deps } = machine();
    await ensurePrivateDirectory(deps.lockDirectory);
    const ended = { ...(await identifyThisProcess()), startedAt: 'another time' };
    writeFileSync(file('prod.login.lock'), JSON.stringify({ nonce: 'first', holder: ended }), { mode: 0o600 });
    const wanted = { issuer: provider.issuer, clientId: provider.clientId, store: 'file' };
    const tell = (news: object) =>
      writeFileSync(file('prod.login'), JSON.stringify({ version: 1, pid: 4711, wanted, nonce: 'first', ...news }), {
        mode: 0o600,
      });
    tell({});
    // Between the look at what it says and the look at whether it lives.
    const onNews = () => tell({ outcome: { kind: 'done' } });
    expect(await followLogin({ account: 'prod', deps, signal: neverAborts, onNews })).toEqual({ kind: 'done' });
  });

  it('that is stopped in its tracks ends, for who joined, when it should have ended', async () => {
    const { begin, file, deps } = machine();
    await ensurePrivateDirectory(deps.lockDirectory);
    const holder = await identifyThisProcess();
    writeFileSync(file('prod.login.lock'), JSON.stringify({ nonce: 'stopped', holder }), { mode: 0o600 });
    const tenMinutesAgo = Date.now() / 1000 - 600;
    utimesSync(file('prod.login.lock'), tenMinutesAgo, tenMinutesAgo);
    expect(await failureOf(begin().result)).toMatchObject({
      code: 'ERR_LOGIN_EXPIRED',
      hint: expect.stringContaining(`kill -9 ${process.pid}`),
    });
  });

  it('is not read from a file that others could have written', async () => {
    const { begin, file } = machine();
    const first = begin();
    await first.prompt();
    await expect.poll(() => readFileSync(file('prod.login'), 'utf8')).toContain('prompt');
    chmodSync(file('prod.login'), 0o666);
    expect(await failureOf(begin().result)).toMatchObject({ code: 'ERR_STORE_FAILED' });
  });
});

describe('a token that waits for a login', () => {
  it('comes with it, for all who wait', async () => {
    const { begin, settings, store, deps } = machine();
    const source = createOidcTokenSource({ settings, store, account: 'prod', deps });
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_LOGIN_NEEDED' });
    const first = begin();
    const { verificationUriComplete = '' } = await first.prompt();
    let waiting = 0;
    const tokens = [1, 2, 3].map(() =>
      source.getToken(new AbortController().signal, { onLoginUnderWay: () => void waiting++ }),
    );
    await expect.poll(() => waiting).toBe(3);
    await provider.approve(verificationUriComplete);
    const { accessToken } = await first.result;
    for (const { token } of await Promise.all(tokens)) expect(token).toBe(accessToken);
    expect(deps.records.filter(({ event }) => event === 'login-joined').length).toBe(1);
  });

  it('stops waiting with its own signal', async () => {
    const { begin, settings, store, deps } = machine();
    await begin().prompt();
    const controller = new AbortController();
    const source = createOidcTokenSource({ settings, store, account: 'prod', deps });
    const options = { onLoginUnderWay: () => void setImmediate(() => controller.abort()) };
    expect(await failureOf(source.getToken(controller.signal, options))).toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('does not wait for a login to somewhere else', async () => {
    const { begin, settings, store, deps } = machine();
    await begin().prompt();
    const elsewhere = { ...settings, clientId: 'another-client' };
    const source = createOidcTokenSource({ settings: elsewhere, store, account: 'prod', deps });
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_LOGIN_NEEDED' });
  });
});
