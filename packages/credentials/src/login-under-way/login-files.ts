import { join } from 'node:path';
import * as v from 'valibot';
import type { CredentialDependencies } from '../dependencies.ts';
import type { CredentialErrorCode } from '../errors.ts';
import type { LoginPrompt } from '../oidc/login-prompt.ts';
import type { OidcSettings } from '../settings.ts';
import { accountFileName } from '../store/account-file-name.ts';
import { readPrivateFile, writePrivateFile } from '../store/private-file.ts';
import type { TokenStore } from '../store/token-store.ts';

/** What the process that signs somebody in tells the others, and how it ended. Holds what is on its terminal, and no token. */
export interface LoginNews {
  version: 1;
  /** Of the claim in the lock file: news of an earlier login are none. */
  nonce: string;
  pid: number;
  /** Only who wants the very same login may join it. */
  wanted: WantedLogin;
  prompt?: LoginPrompt;
  outcome?: LoginOutcome;
  /** How the login before this one ended, for who had not looked yet. */
  former?: { nonce: string; outcome: LoginOutcome };
}

export interface WantedLogin {
  issuer: string;
  clientId: string;
  /** Where the login will be kept. */
  store: 'keychain' | 'file';
}

export function wantedLogin({ settings, store }: { settings: OidcSettings; store: TokenStore }): WantedLogin {
  return { issuer: settings.issuer, clientId: settings.clientId, store: store.kind };
}

export type LoginOutcome =
  | { kind: 'done' }
  | { kind: 'failed'; code: CredentialErrorCode; message: string; hint?: string };

const webPage = v.pipe(v.string(), v.url(), v.regex(/^https?:/));
const anyPrompt = {
  issuer: webPage,
  clientId: v.string(),
  expiresAt: v.number(),
};
const devicePrompt = v.object({
  kind: v.literal('device'),
  ...anyPrompt,
  verificationUri: webPage,
  verificationUriComplete: v.exactOptional(webPage),
  userCode: v.string(),
});
const browserPrompt = v.object({ kind: v.literal('browser'), ...anyPrompt, url: webPage, redirectUri: webPage });
const code = v.pipe(
  v.string(),
  v.regex(/^ERR_/),
  v.transform((text) => text as CredentialErrorCode),
);
const outcome = v.variant('kind', [
  v.object({ kind: v.literal('done') }),
  v.object({ kind: v.literal('failed'), code, message: v.string(), hint: v.exactOptional(v.string()) }),
]);
const loginNews = v.object({
  version: v.literal(1),
  nonce: v.string(),
  pid: v.number(),
  wanted: v.object({ issuer: v.string(), clientId: v.string(), store: v.picklist(['keychain', 'file']) }),
  prompt: v.exactOptional(v.variant('kind', [devicePrompt, browserPrompt])),
  outcome: v.exactOptional(outcome),
  former: v.exactOptional(v.object({ nonce: v.string(), outcome })),
});

/** Beside the account's lock, which is another: a login takes minutes, and a refresh must not wait for it. */
export function loginLockFile(account: string, deps: CredentialDependencies): string {
  return join(deps.lockDirectory, `${accountFileName(account)}.login.lock`);
}

export function writeLoginNews(account: string, deps: CredentialDependencies, news: LoginNews): Promise<void> {
  return writePrivateFile(newsFile(account, deps), JSON.stringify(news));
}

/** `undefined` too for what another version wrote. */
export async function readLoginNews(account: string, deps: CredentialDependencies): Promise<LoginNews | undefined> {
  const text = await readPrivateFile(newsFile(account, deps));
  const news = v.safeParse(loginNews, parseJson(text ?? ''));
  return news.success ? (news.output as LoginNews) : undefined;
}

function newsFile(account: string, deps: CredentialDependencies): string {
  return join(deps.lockDirectory, `${accountFileName(account)}.login`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
