import { CredentialError, type DevicePrompt } from '@gprxy/credentials';
import { onTestFinished } from 'vitest';
import { collectLog } from '../config/profile.testing.ts';
import type { AskOptions, PersonLogin } from './person-login.ts';
import { SignIn, type SignInOptions } from './sign-in.ts';

export const prompt: DevicePrompt = {
  kind: 'device',
  issuer: 'https://login.example',
  clientId: 'gprxy-cli',
  verificationUri: 'https://login.example/device',
  userCode: 'ABCD',
  expiresAt: Date.UTC(2030, 0, 1),
};

export const denied = new CredentialError('ERR_LOGIN_DENIED', 'the person said no');

/** A login that the test has in its hands. */
export interface Asked {
  readonly inBrowser: boolean;
  readonly signal: AbortSignal;
  show(changes?: Partial<DevicePrompt>): void;
  approve(): void;
  fail(error?: Error): void;
}

/** A person who does what the test says, and a sign-in that asks them. */
export function startSignIn(options: Partial<Omit<SignInOptions, 'person'>> & { person?: Partial<PersonLogin> } = {}) {
  const asked: Asked[] = [];
  const windows: string[] = [];
  const clock = { ms: Date.UTC(2030, 0, 1) };
  const closed = new AbortController();
  onTestFinished(() => closed.abort());
  const { log, lines } = collectLog();
  const person: PersonLogin = {
    browser: { canOpen: true },
    login: (ask) => new Promise((resolve, reject) => void asked.push(toAsked(ask, resolve, reject))),
    join: async () => false,
    instructions: (shown) => `open ${(shown as DevicePrompt).verificationUri}`,
    openPage: async (shown) => void windows.push((shown as DevicePrompt).verificationUri),
    ...options.person,
  };
  const signIn = new SignIn({
    ...{ how: 'browser', waitMs: 60_000, profile: 'prod', now: () => clock.ms, log, signal: closed.signal },
    ...options,
    person,
  });
  return { signIn, asked, windows, clock, lines, closed };
}

function toAsked(
  { inBrowser, signal, show }: AskOptions & { inBrowser: boolean },
  resolve: () => void,
  reject: (error: Error) => void,
): Asked {
  const abort = () => reject(new CredentialError('ERR_ABORTED', 'stopped before it was done'));
  signal.addEventListener('abort', abort, { once: true });
  return {
    inBrowser,
    signal,
    show: (changes) => show({ ...prompt, ...changes }),
    approve: resolve,
    fail: (error = denied) => reject(error),
  };
}

/** A client that waits, and what it is told meanwhile. */
export function startWaiting(signIn: SignIn, signal = new AbortController().signal) {
  const told: string[] = [];
  const end = signIn
    .wait((instructions) => void told.push(instructions), signal)
    .then(
      () => 'signed in' as const,
      (error: unknown) => error,
    );
  return { told, end };
}
