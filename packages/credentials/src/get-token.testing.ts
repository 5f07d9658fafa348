// A process that wants a token. Prints it as "token HASH", or "error CODE"; stops for good before the step `stopAt`.
import { createHash } from 'node:crypto';
import {
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
}

const job = JSON.parse(process.argv[2] ?? '') as Job;

async function reach(step: string): Promise<void> {
  process.stdout.write(`${step}\n`);
  if (step === job.stopAt) await new Promise(() => setInterval(() => undefined, 1_000));
}

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
    if (isRefresh) await reach('refresh');
    return globalThis.fetch(input, init);
  },
  now: () => Date.now() + job.aheadMs,
  log: () => undefined,
  lockDirectory: job.lockDirectory,
};

const source = createOidcTokenSource({ settings: job.settings, store, account: 'prod', deps });
await reach('ready');
try {
  const { token } = await source.getToken(new AbortController().signal);
  process.stdout.write(`token ${createHash('sha256').update(token).digest('hex')}\n`);
} catch (error) {
  process.stdout.write(`error ${error instanceof CredentialError ? error.code : String(error)}\n`);
}
