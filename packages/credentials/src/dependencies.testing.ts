import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { onTestFinished } from 'vitest';
import { aborted } from './abort.ts';
import type { CredentialDependencies, LogRecord } from './dependencies.ts';
import { CredentialError } from './errors.ts';
import type { OidcSettings } from './settings.ts';
import type { StoredLogin } from './store/stored-login.ts';
import type { TokenStore } from './store/token-store.ts';

export const neverAborts = new AbortController().signal;

/** A directory for one test. */
export function testDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'gprxy-credentials-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A request that went out, with the test's own time at which it did. */
interface SentRequest {
  path: string;
  body: URLSearchParams;
  at: number;
}

export interface TestDependencies extends CredentialDependencies {
  records: LogRecord[];
  sent: SentRequest[];
  /** What `sleep` was asked for, in ms. */
  sleeps: number[];
  advance(ms: number): void;
}

/** Real requests, a clock that only `sleep` and `advance` move, and ears for everything. */
export function testDependencies(overrides: Partial<CredentialDependencies> = {}): TestDependencies {
  let now = Date.now();
  const records: LogRecord[] = [];
  const sent: SentRequest[] = [];
  const sleeps: number[] = [];
  const fetch = overrides.fetch ?? globalThis.fetch;
  return {
    now: () => now,
    log: (record) => records.push(record),
    lockDirectory: join(testDirectory(), 'locks'),
    random: () => 0.5,
    sleep: async (ms, signal) => {
      if (signal.aborted) throw aborted();
      sleeps.push(ms);
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
    ...overrides,
    fetch: (input, init) => {
      sent.push({
        path: new URL(String(input)).pathname,
        body: new URLSearchParams(String(init?.body ?? '')),
        at: now,
      });
      return fetch(input, init);
    },
    records,
    sent,
    sleeps,
    advance: (ms) => {
      now += ms;
    },
  };
}

export function settingsFor(provider: { issuer: string; clientId: string; audience: string }): OidcSettings {
  return {
    issuer: provider.issuer,
    clientId: provider.clientId,
    resource: provider.audience,
    scopes: ['openid', 'email', 'profile', 'offline_access', 'db:connect'],
  };
}

const inFiveMinutes = Date.now() + 300_000;

export function exampleLogin(changes: Partial<StoredLogin> = {}): StoredLogin {
  return {
    version: 1,
    issuer: 'https://login.corp.example',
    clientId: 'gprxy-cli',
    subject: 'alice',
    email: 'alice@corp.example',
    accessToken: 'an-access-token',
    expiresAt: inFiveMinutes,
    refreshToken: 'a-refresh-token',
    claims: { sub: 'alice', groups: ['data-eng'] },
    ...changes,
  };
}

/** A store in memory that can be told to fail. */
export class MemoryStore implements TokenStore {
  readonly kind = 'file';
  readonly logins = new Map<string, StoredLogin>();
  readonly calls: string[] = [];
  failing: { probe?: Error | undefined; read?: Error | undefined; write?: Error | undefined } = {};

  async probe(): Promise<void> {
    this.calls.push('probe');
    if (this.failing.probe) throw this.failing.probe;
  }

  async read(account: string): Promise<StoredLogin | undefined> {
    this.calls.push('read');
    if (this.failing.read) throw this.failing.read;
    return structuredClone(this.logins.get(account));
  }

  async write(account: string, login: StoredLogin): Promise<void> {
    this.calls.push('write');
    if (this.failing.write) throw this.failing.write;
    this.logins.set(account, structuredClone(login));
  }

  async delete(account: string): Promise<boolean> {
    this.calls.push('delete');
    return this.logins.delete(account);
  }
}

/** Runs one step of the plot in each pause between two polls, on top of what `sleep` does. */
export function withPlot(deps: TestDependencies, steps: readonly (() => unknown)[]): TestDependencies {
  const left = [...steps];
  return {
    ...deps,
    sleep: async (ms, signal) => {
      await left.shift()?.();
      await deps.sleep?.(ms, signal);
    },
  };
}

/** Whether it ends without any time passing: within a few turns of the event loop, however long those take on a busy machine. */
export async function endsAtOnce(work: Promise<unknown>): Promise<boolean> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  work.then(end, end);
  for (let turn = 0; turn < 10 && !ended; turn++) await new Promise((resolve) => setImmediate(resolve));
  return ended;
}

/** The way of an error through a promise, for tests that look at more than its code. */
export async function failureOf(work: Promise<unknown>): Promise<CredentialError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CredentialError) return error;
  throw new Error(`expected a CredentialError, got ${inspect(error)}`);
}
