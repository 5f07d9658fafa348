import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Stack, type StackOptions, startStack } from '@gprxy/testkit';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

/** What psql and others are told while they wait. */
export const pageWithCode = /With the code filled in: (\S+)/;

/** Everything real: gateway, PostgreSQL, provider, and the installed command. Each home has a daemon of its own. */
export class SignInWorld implements AsyncDisposable {
  readonly gprxy: InstalledGprxy;
  readonly stack: Stack;

  static async start(options: StackOptions = {}): Promise<SignInWorld> {
    const [gprxy, stack] = await Promise.all([installGprxy(), startStack(options)]);
    return new SignInWorld(gprxy, stack);
  }

  private constructor(gprxy: InstalledGprxy, stack: Stack) {
    this.gprxy = gprxy;
    this.stack = stack;
  }

  /** A daemon whose person has signed out. @param keys further lines of the profile */
  async openHome(keys: string, env: Readonly<Record<string, string>> = {}): Promise<SignInHome> {
    const shell = await Shell.open(this.gprxy, env);
    const browser = await installBrowser(shell.home);
    const directory = join(shell.home, 'config', 'gprxy');
    await mkdir(directory, { recursive: true });
    const profile = this.stack.profile({ name: 'prod', listen: '127.0.0.1:0' });
    await writeFile(join(directory, 'config.toml'), `${profile}${keys}\n`);
    const login = shell.start('gprxy login --insecure-storage');
    const [, page = ''] = await login.says(pageWithCode);
    await this.stack.provider.approve(page, 'alice');
    await login.ended;
    await shell.run('gprxy logout');
    const started = await shell.run('gprxy start --detach', { BROWSER: browser.command });
    if (started.exitCode !== 0) throw new Error(started.stderr);
    const home = new SignInHome(shell, browser.log);
    await home.look();
    return home;
  }

  /** How many device logins the provider has begun. */
  get asked(): number {
    return this.stack.provider.requests('device_authorization');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.stop();
    await this.gprxy[Symbol.asyncDispose]();
  }
}

/** What the desktop starts for a web page: it keeps the address, and shows nothing. */
async function installBrowser(home: string): Promise<{ command: string; log: string }> {
  const [command, log] = [join(home, 'browser'), join(home, 'browser.log')];
  await writeFile(command, `#!/bin/sh\necho "$1" >> '${log}'\n`);
  await chmod(command, 0o755);
  const applications = join(home, '.local', 'share', 'applications');
  await mkdir(applications, { recursive: true });
  await mkdir(join(home, 'config'), { recursive: true });
  const entry = `[Desktop Entry]\nType=Application\nName=Test\nExec=${command} %u\n`;
  await writeFile(join(applications, 'test-browser.desktop'), entry);
  const defaults = ['http', 'https'].map((scheme) => `x-scheme-handler/${scheme}=test-browser.desktop\n`);
  await writeFile(join(home, 'config', 'mimeapps.list'), `[Default Applications]\n${defaults.join('')}`);
  return { command, log };
}

/** One person's machine with the daemon running. */
export class SignInHome implements AsyncDisposable {
  readonly shell: Shell;
  readonly #browserLog: string;
  port = 0;

  constructor(shell: Shell, browserLog: string) {
    this.shell = shell;
    this.#browserLog = browserLog;
  }

  async look(): Promise<{ address: string; connections: number }> {
    const [listener] = JSON.parse((await this.shell.run('gprxy status --json')).stdout).listeners;
    this.port = Number(listener.address.split(':').at(-1));
    return listener;
  }

  get psql(): string {
    return `psql -X -At --no-readline --pset=pager=off -h 127.0.0.1 -p ${this.port} sales`;
  }

  /** The pages that were handed to the browser, oldest first. */
  async windows(): Promise<string[]> {
    const text = await readFile(this.#browserLog, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  log(): Promise<string> {
    return readFile(join(this.shell.home, 'state', 'gprxy.log'), 'utf8');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shell[Symbol.asyncDispose]();
  }
}
