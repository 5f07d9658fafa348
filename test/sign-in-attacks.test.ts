import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { CredentialError, type DevicePrompt } from '@gprxy/credentials';
import type { PersonLogin } from '@gprxy/sidecar';
import { createCanary, RawClient } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noTokens, startTestSidecar, startupAs } from './sidecar.testing.ts';
import { SignInWorld } from './sign-in.testing.ts';

const prompt: DevicePrompt = {
  kind: 'device',
  issuer: 'https://login.example',
  clientId: 'gprxy-cli',
  verificationUri: 'https://login.example/device',
  userCode: 'ABCD',
  expiresAt: Date.UTC(2040, 0, 1),
};

/** A sidecar that asks a person who never answers. */
async function startAsking(how: 'notice' | 'browser', profile: object = {}) {
  const asked = { logins: 0, windows: 0 };
  const person: PersonLogin = {
    browser: { canOpen: true },
    login: ({ show, signal }) => {
      asked.logins += 1;
      show(prompt);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new CredentialError('ERR_ABORTED', 'stopped')), { once: true });
      });
    },
    join: async () => false,
    instructions: () => 'open https://login.example/device',
    openPage: async () => void asked.windows++,
  };
  const sidecar = await startTestSidecar(
    { upstream: 'postgresql://localhost:1', loginOnConnect: { how, waitMs: 60_000 }, ...profile },
    { tokens: noTokens('ERR_LOGIN_NEEDED', 'the login is over'), personLoginFor: () => person },
  );
  return { ...sidecar, asked };
}

const STRANGER = `
const [port, startup] = process.argv.slice(1);
const socket = require('net').connect(Number(port), '127.0.0.1', () => socket.write(Buffer.from(startup, 'hex')));
let answer = '';
socket.on('data', (chunk) => { answer += chunk.toString('latin1'); });
socket.on('error', () => {});
socket.on('close', () => process.stdout.write(answer));
`;

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('S15 another OS user', () => {
  it.each(['notice', 'browser'] as const)(
    'begins no login with "%s", opens no window, sees no code, and joins none that waits',
    async (how) => {
      const { port, asked } = await startAsking(how);
      const nobody = 65_534;
      const dial = () => {
        const args = ['-e', STRANGER, String(port), startupAs('mallory').toString('hex')];
        return text(spawn(process.execPath, args, { uid: nobody, gid: nobody, cwd: '/', env: {} }).stdout);
      };
      expect(await dial()).toMatch(/^E.*C28000/s);
      expect(asked).toEqual({ logins: 0, windows: 0 });
      const own = await RawClient.open(port);
      own.send(startupAs('alice'));
      expect((await own.read(9)).toString('latin1')).toBe('R\0\0\0\x08\0\0\0\0');
      const answer = await dial();
      expect(answer).toMatch(/^E.*C28000/s);
      expect(answer).not.toContain('login.example');
      expect(asked.logins).toBe(1);
      own.socket.destroy();
    },
  );
});

it('S26 those who wait are sessions: they count against max_connections, and not as strangers', async () => {
  const { port, asked, sidecar } = await startAsking('browser', { maxConnections: 20 });
  const waiting = await Promise.all(
    Array.from({ length: 20 }, async () => (await RawClient.open(port)).send(startupAs('alice'))),
  );
  for (const client of waiting) expect((await client.read(1)).toString()).toBe('R');
  const late = (await RawClient.open(port)).send(startupAs('alice'));
  expect((await late.readToEnd()).bytes.toString('latin1')).toMatch(/^E.*C53300/s);
  expect(sidecar.status().listeners[0]).toMatchObject({ connections: 20 });
  expect(asked).toEqual({ logins: 1, windows: 1 });
  for (const client of waiting) client.socket.destroy();
  await expect.poll(() => sidecar.status().listeners[0]?.connections).toBe(0);
});

it('S11 what a client sends while it waits goes nowhere, and gets it nothing', async () => {
  const { port, asked } = await startAsking('notice');
  const client = (await RawClient.open(port)).send(startupAs('alice'));
  expect((await client.read(1)).toString()).toBe('R');
  client.send(startupAs('mallory'), Buffer.from('Q\0\0\0\x0dselect 1\0', 'latin1'));
  const other = (await RawClient.open(port)).send(startupAs('bob'));
  expect((await other.read(1)).toString()).toBe('R');
  expect(asked.logins).toBe(1);
  client.socket.destroy();
  other.socket.destroy();
});

describe('S18 the secrets of a login', { timeout: 60_000 }, () => {
  let world: SignInWorld;
  beforeAll(async () => {
    world = await SignInWorld.start();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  it('the device code is on no wire to a client, in no log, no status and no file for others', async () => {
    await using home = await world.openHome('login_on_connect = "notice"');
    const device_code = createCanary();
    const uri = `${world.stack.provider.issuer}/device`;
    const body = { device_code, user_code: 'WDJB-MJHT', verification_uri: uri, expires_in: 60, interval: 1 };
    world.stack.provider.answerNext('device_authorization', { status: 200, body });
    const client = (await RawClient.open(home.port)).send(startupAs('alice'));
    const { bytes } = await client.readToEnd(); // The provider does not know that code.
    expect(bytes.toString()).toMatch(/SNOTICE(?:.|\n)*WDJB-MJHT(?:.|\n)*SFATAL/);
    const status = (await home.shell.run('gprxy status --json')).stdout;
    expect([bytes.toString(), await home.log(), status].join()).not.toContain(device_code);
  });
});
