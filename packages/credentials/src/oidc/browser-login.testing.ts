import { connect } from 'node:net';
import type { TestProvider } from '@gprxy/testkit';
import { onTestFinished } from 'vitest';
import { settingsFor, type TestDependencies, testDependencies } from '../dependencies.testing.ts';
import type { OidcSettings } from '../settings.ts';
import { browserLogin } from './browser-login.ts';
import { connectProvider } from './connect-provider.ts';
import type { BrowserPrompt } from './login-prompt.ts';

/** A login whose page is out, with all that a test may want to do to it. */
export async function beginBrowserLogin(
  provider: TestProvider,
  changes: Partial<OidcSettings> = {},
  limitMs?: number,
  deps: TestDependencies = testDependencies(),
) {
  const controller = new AbortController();
  const task = { settings: { ...settingsFor(provider), ...changes }, deps, signal: controller.signal, account: 'prod' };
  const connected = await connectProvider(task);
  let result: ReturnType<typeof browserLogin> | undefined;
  const prompt = await new Promise<BrowserPrompt>((resolve, reject) => {
    result = browserLogin(task, connected, resolve, limitMs);
    result.catch(reject);
  });
  onTestFinished(() => controller.abort());
  const asked = new URL(prompt.url).searchParams;
  const comeBack = (parameters: Record<string, string>, init: RequestInit = {}) =>
    fetch(`${prompt.redirectUri}?${new URLSearchParams(parameters)}`, init);
  return {
    result: result as ReturnType<typeof browserLogin>,
    prompt,
    asked,
    state: asked.get('state') ?? '',
    comeBack,
    deps,
    abort: () => controller.abort(),
  };
}

/** A provider that says something else of itself. */
export function withMetadata(changes: object): TestDependencies {
  const { fetch } = globalThis;
  return testDependencies({
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (!String(input).includes('/.well-known/')) return response;
      return Response.json({ ...((await response.json()) as object), ...changes });
    },
  });
}

/** Whether somebody listens there still. */
export function answers(redirectUri: string): Promise<boolean> {
  const { hostname, port } = new URL(redirectUri);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/[[\]]/g, ''), port: Number(port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => resolve(false)).end();
  });
}
