// A process that wants a token. Prints it as "token HASH", or "error CODE", and each step on the way; before the step `stopAt` it waits
// for a line on standard input, or for its end. With `again` it waits between a first token ("first HASH EXPIRY") and the last one.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { reachStepsOfFiles } from './file-steps.testing.ts';
import {
  type AccessToken,
  type CredentialDependencies,
  CredentialError,
  createFileStore,
  createOidcTokenSource,
  type TokenStore,
} from './index.ts';

interface Job {
  settings: { issuer: string; clientId: string; resource: string; scopes: string[] };
  tokenDirectory: string;
  lockDirectory: string;
  /** How far this process's clock is ahead. */
  aheadMs: number;
  stopAt?: string;
  again?: true;
}

const job = JSON.parse(process.argv[2] ?? '') as Job;

const lineTyped = () => once(process.stdin, 'data');

async function reach(step: string): Promise<void> {
  process.stdout.write(`${step}\n`);
  if (step === job.stopAt) await lineTyped();
}

reachStepsOfFiles(reach);
const file = createFileStore({ directory: job.tokenDirectory });
const store: TokenStore = {
  kind: 'file',
  read: (account) => file.read(account),
  delete: (account) => file.delete(account),
  probe: async (signal) => {
    await reach('probe');
    await file.probe(signal);
  },
  write: async (account, login) => {
    await reach('write');
    await file.write(account, login);
    await reach('written');
  },
};
const deps: CredentialDependencies = {
  fetch: async (input, init) => {
    const isRefresh = String(init?.body ?? '').includes('grant_type=refresh_token');
    if (!isRefresh) return globalThis.fetch(input, init);
    await reach('refresh');
    const response = globalThis.fetch(input, init);
    await reach('sent');
    const answer = await response;
    await reach('answered');
    return answer;
  },
  now: () => Date.now() + job.aheadMs,
  sleep: async (ms, signal) => {
    await reach('sleeps');
    await delay(ms, undefined, { signal });
  },
  log: () => undefined,
  lockDirectory: job.lockDirectory,
};

const hash = ({ token }: AccessToken) => createHash('sha256').update(token).digest('hex');
const source = createOidcTokenSource({ settings: job.settings, store, account: 'prod', deps });
await reach('ready');
try {
  if (job.again) {
    const first = await source.getToken(new AbortController().signal);
    process.stdout.write(`first ${hash(first)} ${first.expiresAt}\n`);
    await lineTyped();
  }
  process.stdout.write(`token ${hash(await source.getToken(new AbortController().signal))}\n`);
} catch (error) {
  process.stdout.write(`error ${error instanceof CredentialError ? error.code : String(error)}\n`);
}
process.stdin.destroy();
