import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { AccessToken, DevicePrompt, ProviderDescription, StoredLogin, TokenStore } from '@gprxy/credentials';
import {
  type ControlAnswers,
  type ListenerStatus,
  type Reloaded,
  resolveUpstream,
  type SidecarStatus,
} from '@gprxy/sidecar';
import { onTestFinished } from 'vitest';
import type { Credentials, Dependencies, Sidecars } from './dependencies.ts';
import type { Program } from './programs.ts';
import { run } from './run.ts';

/** 2030-01-01T12:00:00Z. */
export const testNow = Date.UTC(2030, 0, 1, 12);
const hourMs = 3_600_000;

export const prodProfile = `
[profiles.prod]
issuer = "https://login.corp.example"
client_id = "gprxy-cli"
upstream = "postgresql://gateway.corp.example:6432/sales"
listen = "127.0.0.1:5433"
`;

export const aliceLogin: StoredLogin = {
  version: 1,
  issuer: 'https://login.corp.example',
  clientId: 'gprxy-cli',
  subject: 'u-1',
  email: 'alice@corp.example',
  name: 'Alice Example',
  accessToken: 'access-token-of-alice',
  expiresAt: testNow + hourMs,
  refreshToken: 'refresh-token-of-alice',
  claims: { groups: ['analyst', 'reader'] },
};

export const alicePrompt: DevicePrompt = {
  kind: 'device',
  issuer: 'https://login.corp.example',
  clientId: 'gprxy-cli',
  userCode: 'WDJB-MJHT',
  verificationUri: 'https://login.corp.example/device',
  verificationUriComplete: 'https://login.corp.example/device?user_code=WDJB-MJHT',
  expiresAt: testNow + 600_000,
};

/** A provider that offers everything. */
export const corpProvider: ProviderDescription = {
  issuer: 'https://login.corp.example',
  tokenEndpoint: 'https://login.corp.example/token',
  offersDeviceLogin: true,
  offersBrowserLogin: true,
  offersRevocation: true,
  scopes: ['openid', 'profile', 'email', 'offline_access'],
};

export interface TestWorld {
  /** Text of config.toml; there is none when left out. */
  readonly config?: string;
  readonly env?: Record<string, string>;
  readonly tty?: boolean;
  readonly columns?: number;
  readonly platform?: NodeJS.Platform;
  readonly logins?: Record<string, StoredLogin>;
  readonly credentials?: Partial<Credentials>;
  readonly sidecars?: Partial<Sidecars>;
  /** What answers on the control socket. */
  readonly status?: SidecarStatus;
  readonly openBrowser?: Dependencies['openBrowser'];
  /** What came of a reload; nothing when left out. */
  readonly reloaded?: Partial<Reloaded>;
  /** Ctrl-C. */
  readonly interrupted?: AbortSignal;
  readonly signals?: Dependencies['signals'];
  readonly raise?: Dependencies['raise'];
  readonly runProgram?: Dependencies['runProgram'];
  readonly startDaemon?: Dependencies['startDaemon'];
}

export interface TestRun {
  /** Where config.toml is, or would be. */
  readonly configFile: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly openedPages: readonly string[];
  readonly programs: readonly Program[];
}

/** Runs one command line in a world made for it, as a shell would. */
export async function runInWorld(args: readonly string[], world: TestWorld = {}): Promise<TestRun> {
  const stdout = collector(world);
  const stderr = collector(world);
  const openedPages: string[] = [];
  const programs: Program[] = [];
  const dependencies = { ...testDependencies(world), stdout, stderr };
  const exitCode = await run(args, {
    ...dependencies,
    openBrowser: async (url) => {
      openedPages.push(url);
      await world.openBrowser?.(url);
    },
    runProgram: async (program) => {
      programs.push(program);
      return world.runProgram?.(program) ?? 0;
    },
  });
  const configFile = dependencies.env.GPRXY_CONFIG ?? '';
  return { configFile, exitCode, stdout: stdout.text(), stderr: stderr.text(), openedPages, programs };
}

function testDependencies(world: TestWorld): Dependencies {
  const home = mkdtempSync(join(tmpdir(), 'gprxy-cli-test-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const configFile = join(home, 'config.toml');
  if (world.config !== undefined) writeFileSync(configFile, world.config);
  const sidecars = { ...testSidecars(world), ...world.sidecars };
  const stores = memoryStores(world.logins ?? {});
  return {
    version: '1.2.3',
    env: { GPRXY_CONFIG: configFile, GPRXY_STATE_DIR: join(home, 'state'), ...world.env },
    platform: world.platform ?? 'linux',
    homedir: home,
    tmpdir: home,
    uid: 1000,
    self: ['/usr/bin/node', '/usr/bin/gprxy'],
    stdout: collector(world),
    stderr: collector(world),
    interrupts: { signal: world.interrupted ?? new AbortController().signal, pause: () => () => {} },
    signals: world.signals ?? new EventEmitter(),
    raise: world.raise ?? (() => {}),
    now: () => testNow,
    // A test that plays Windows spells our paths with backslashes.
    readFile: (path) => readFile(path.replaceAll('\\', '/'), 'utf8'),
    openBrowser: async () => {},
    runProgram: async () => 0,
    startDaemon: world.startDaemon ?? (async () => ({ kind: 'ready' })),
    announceReady: () => {},
    unfinished: new Set(),
    credentials: async () => ({ ...testCredentials(stores), ...world.credentials }),
    sidecars: async () => sidecars,
  };
}

/** A daemon that started an hour ago, with listeners of profile `prod`. */
export function runningStatus(listeners: ReadonlyArray<Partial<ListenerStatus>>): SidecarStatus {
  const listener = {
    profile: 'prod',
    address: '127.0.0.1:5433',
    state: 'listening',
    connections: 0,
    totalConnections: 0,
  } as const;
  return {
    version: 1,
    pid: 4711,
    startedAt: new Date(testNow - hourMs).toISOString(),
    state: 'running',
    listeners: listeners.map((part) => ({ ...listener, ...part })),
    problems: [],
  };
}

type Stores = Record<TokenStore['kind'], TokenStore>;

function memoryStores(logins: Record<string, StoredLogin>): Stores {
  const store = (kind: TokenStore['kind']): TokenStore => ({
    kind,
    probe: async () => {},
    read: async (account) => logins[account],
    write: async (account, login) => {
      logins[account] = login;
    },
    delete: async (account) => delete logins[account],
  });
  return { keychain: store('keychain'), file: store('file') };
}

export const aliceToken: AccessToken = {
  token: aliceLogin.accessToken,
  expiresAt: aliceLogin.expiresAt,
  identity: { issuer: aliceLogin.issuer, subject: 'u-1', email: 'alice@corp.example', claims: aliceLogin.claims },
};

/** A provider that says yes to everybody, who is always Alice. */
function testCredentials(stores: Stores): Credentials {
  return {
    createKeychainStore: () => stores.keychain,
    createFileStore: () => stores.file,
    createFetch: () => fetch,
    discoverProvider: async ({ issuer }) => ({ ...corpProvider, issuer }),
    joinLoginUnderWay: async () => false,
    createOidcTokenSource: () => ({ getToken: async () => aliceToken }),
    createTokenSource: () => ({ getToken: async () => aliceToken }),
    async login({ show }) {
      show(alicePrompt);
      return aliceLogin;
    },
    async logout({ store, account, revoke }) {
      const removed = (await store.read(account)) !== undefined && (await store.delete(account));
      return { removed, revoked: removed && revoke };
    },
  };
}

function testSidecars({ status, reloaded }: TestWorld): Sidecars {
  const unexpected = (): never => {
    throw new Error('this test does not expect a sidecar to start');
  };
  let running = status !== undefined;
  const requestControl = async (_path: string, request: keyof ControlAnswers): Promise<unknown> => {
    if (!running) throw Object.assign(new Error('nothing answers'), { code: 'ERR_NOT_RUNNING' });
    running = request !== 'stop';
    if (request === 'reload')
      return { pid: status?.pid, added: [], changed: [], removed: [], problems: [], ...reloaded };
    return running ? status : { pid: status?.pid };
  };
  return {
    startSidecar: unexpected,
    runDaemon: unexpected,
    keepYoungGenerationSmall() {},
    resolveUpstream,
    openLogFile: () => ({ write() {} }),
    createLog: async () => ({ debug() {}, info() {}, warn() {}, error() {} }),
    requestControl: requestControl as Sidecars['requestControl'],
  };
}

type Collector = Writable & { isTTY: boolean; columns: number; text(): string };

function collector({ tty = false, columns = 100 }: TestWorld): Collector {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  // What a spinner asks of a terminal.
  const moves = { cursorTo: () => true, clearLine: () => true, moveCursor: () => true };
  return Object.assign(stream, { ...moves, isTTY: tty, columns, text: () => chunks.join('') });
}
