import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, type RunningCommand, Shell } from './gprxy-shell.testing.ts';

const profile =
  'gprxy login --insecure-storage --client-id gprxy-cli --upstream postgresql://gateway.corp.example:6432/sales';
const login = 'gprxy login --insecure-storage';
const pageWithCode = /With the code filled in: (\S+)/;
const joining = /Joining the login with a code that process (\d+) has begun/;
/** Of a command that joined a login and then began its own. */
const secondPage = /Joining(?:.|\n)*Sign in at (?:.|\n)*Sign in at (?:.|\n)*filled in: (\S+)/;

let gprxy: InstalledGprxy;
let provider: TestProvider;
beforeAll(async () => {
  [gprxy, provider] = await Promise.all([installGprxy(), startOidcProvider()]);
});
afterAll(async () => {
  await provider.stop();
  await gprxy[Symbol.asyncDispose]();
});

const begun = () => provider.requests('device_authorization');

async function pageOf(command: RunningCommand): Promise<string> {
  const [, uri = ''] = await command.says(pageWithCode);
  return uri;
}

/** A home where the profile is known, and a login that somebody has begun there. */
async function openShell() {
  const shell = await Shell.open(gprxy);
  const first = shell.start(`${profile} --issuer ${provider.issuer}`);
  const page = await pageOf(first);
  return { shell, first, page, [Symbol.asyncDispose]: () => shell[Symbol.asyncDispose]() };
}

describe('one login at a time', () => {
  it('ten at once ask the provider once, show the same code, and are all signed in', { timeout: 60_000 }, async () => {
    await using shell = await Shell.open(gprxy);
    const wrongPage = shell.start(`${profile} --issuer ${provider.issuer}`);
    await pageOf(wrongPage);
    wrongPage.interrupt();
    await wrongPage.ended;

    const before = begun();
    const commands = Array.from({ length: 10 }, () => shell.start(login));
    const pages = await Promise.all(commands.map(pageOf));
    expect(new Set(pages).size).toBe(1);
    await provider.approve(pages[0] ?? '', 'bob');
    const ends = await Promise.all(commands.map(({ ended }) => ended));
    for (const { exitCode, stderr } of ends) {
      expect(exitCode, stderr).toBe(0);
      expect(stderr).toContain('Signed in as Bob Example <bob@corp.example>');
    }
    expect(ends.filter(({ stderr }) => joining.test(stderr)).length).toBe(9);
    expect(begun() - before).toBe(1);
  });

  it('a denial is everybody’s', async () => {
    await using test = await openShell();
    const second = test.shell.start(login);
    await second.says(joining);
    await provider.deny(test.page);
    for (const command of [test.first, second]) expect(await command.ended).toMatchObject({ exitCode: 5, stdout: '' });
  });

  it('the next takes over from one that was killed, with a page of its own', async () => {
    await using test = await openShell();
    const second = test.shell.start(login);
    await second.says(joining);
    const before = begun();
    test.first.kill();
    const [, own = ''] = await second.says(secondPage);
    expect(own).not.toBe(test.page);
    await second.says(/The login of process \d+ came to nothing; this is a new one\./);
    await provider.approve(own);
    expect(await second.ended).toMatchObject({ exitCode: 0 });
    expect(begun() - before).toBe(1);
  });

  it('exactly one takes over from one that was interrupted, and the rest join that', async () => {
    await using test = await openShell();
    const others = [1, 2, 3].map(() => test.shell.start(login));
    await Promise.all(others.map((other) => other.says(joining)));
    const before = begun();
    test.first.interrupt();
    expect(await test.first.ended).toMatchObject({ exitCode: 130 });
    const pages = await Promise.all(others.map(async (other) => (await other.says(secondPage))[1] ?? ''));
    expect(new Set(pages).size).toBe(1);
    await provider.approve(pages[0] ?? '');
    for (const other of others) expect(await other.ended).toMatchObject({ exitCode: 0 });
    expect(begun() - before).toBe(1);
  });

  it('Ctrl-C ends one that joined, and the login goes on', async () => {
    await using test = await openShell();
    const second = test.shell.start(login);
    await second.says(joining);
    second.interrupt();
    expect(await second.ended).toMatchObject({ exitCode: 130 });
    await provider.approve(test.page);
    expect(await test.first.ended).toMatchObject({ exitCode: 0 });
  });

  it('is not waited for while its process is stopped', async () => {
    await using test = await openShell();
    test.first.suspend();
    const { exitCode, stderr } = await test.shell.run(login);
    expect(exitCode, stderr).toBe(4);
    expect(stderr).toMatch(/process \d+ has begun to sign in profile default and is stopped \(Ctrl-Z\)/);
  });

  it('is another for another profile', async () => {
    await using test = await openShell();
    const other = test.shell.start(`${profile} --issuer ${provider.issuer} --profile other`);
    expect(await pageOf(other)).not.toBe(test.page);
  });

  it('does not join a login to somewhere else', async () => {
    await using test = await openShell();
    const changed = test.shell.start(`${login} --client-id another-client`);
    const { exitCode, stderr } = await changed.ended;
    expect(exitCode, stderr).toBe(4);
    expect(stderr).toMatch(/process \d+ is signing in profile default at \S+ as gprxy-cli/);
  });
});

/** The same for somebody who has been here before, so that every command knows where the login is kept. */
async function openUsedShell() {
  const shell = await Shell.open(gprxy);
  const former = shell.start(`${profile} --issuer ${provider.issuer}`);
  await provider.approve(await pageOf(former));
  await former.ended;
  await shell.run('gprxy logout');
  const first = shell.start(login);
  const page = await pageOf(first);
  return { shell, first, page, [Symbol.asyncDispose]: () => shell[Symbol.asyncDispose]() };
}

describe('who needs a token while a login is under way', () => {
  it('waits for it, says so, and gets the token', async () => {
    await using test = await openUsedShell();
    const token = test.shell.start('gprxy get-token');
    await token.says(/waiting for the login of profile default that process \d+ has begun/);
    await provider.approve(test.page);
    expect(await test.first.ended).toMatchObject({ exitCode: 0 });
    const { exitCode, stdout, stderr } = await token.ended;
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^eyJ/);
  });

  it('is told to log in when that login comes to nothing', async () => {
    await using test = await openUsedShell();
    const token = test.shell.start('gprxy get-token');
    await token.says(/waiting for the login/);
    test.first.kill();
    const { exitCode, stdout, stderr } = await token.ended;
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toContain('gprxy login --profile default');
  });

  it('does not wait while the former login is still good', async () => {
    await using test = await openShell();
    await provider.approve(test.page);
    await test.first.ended;
    const again = test.shell.start(login);
    await pageOf(again);
    expect(await test.shell.run('gprxy get-token')).toMatchObject({ exitCode: 0, stderr: '' });
    // Nor does a refresh wait for the person.
    expect(await test.shell.run('gprxy get-token --min-ttl 299s')).toMatchObject({ exitCode: 0, stderr: '' });
    again.interrupt();
    expect(await again.ended).toMatchObject({ exitCode: 130 });
    expect(await test.shell.run('gprxy get-token')).toMatchObject({ exitCode: 0 });
  });
});
