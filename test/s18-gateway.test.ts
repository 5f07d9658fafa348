import { readFile } from 'node:fs/promises';
import { createCanary, type Stack, spawnProgram, startStack, tracesOf } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badTokens } from '../packages/gateway/src/bad-tokens.testing.ts';
import { COMMAND } from './gateway.testing.ts';
import { WAYS } from './gateway-wire/login.ts';

const canary = createCanary();

interface CanaryPath {
  readonly name: string;
  /** What the client, or the person at the terminal, gets to see. */
  run(): Promise<unknown>;
}

let stack: Stack;
let paths: CanaryPath[];
beforeAll(async () => {
  stack = await startStack();
  const bad = await tokensWithCanary();
  const shown = WAYS.flatMap(([way, , show]) =>
    bad.map(({ name, token }) => ({ name: `${name}, ${way}`, run: () => show(stack, token) })),
  );
  const explained = bad
    .filter((_, index) => index % 12 === 0)
    .map(({ name, token }) => ({ name: `${name}, explained`, run: () => explain(token) }));
  paths = [...shown, ...explained];
});
afterAll(() => stack?.stop());

/** Every bad token, with the canary in its claims; what is no token is not taken, for want of a place to put it. */
async function tokensWithCanary() {
  const { provider } = stack;
  const { privateKey, publicJwk, kid } = provider.signingKey('ES256');
  const [, payload = ''] = (await provider.signToken({ canary, nonce: undefined })).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const forge = { privateKey, publicJwk, kid, claims, clientId: provider.clientId, maxTokenBytes: 32_768 };
  const all = await badTokens({ ...forge, now: Math.floor(Date.now() / 1_000) });
  const good = { name: 'a good token', token: await provider.signToken({ canary }) };
  return [good, ...all].filter(({ token }) => tracesOf(canary, token).length > 0 && !token.startsWith(' '));
}

function explain(token: string) {
  const { configFile } = stack.gateway;
  const args = ['explain', '--config', configFile, '--database', 'sales', '--token-file', '-', '--json'];
  return spawnProgram({ command: process.execPath, args: [COMMAND, ...args], input: token }).ended;
}

describe('S18 the gateway', () => {
  it('S18 tells nothing of a token to the client, in more than 120 ways to be refused', async () => {
    expect(new Set(paths.map(({ name }) => name)).size).toBe(paths.length);
    expect(paths.length).toBeGreaterThanOrEqual(120);
    const told: string[] = [];
    const left = [...paths];
    const lane = async () => {
      for (let path = left.pop(); path; path = left.pop()) {
        const shown = JSON.stringify((await path.run()) ?? 'let in');
        if (tracesOf(canary, shown).length > 0) told.push(`${path.name}: ${shown}`);
      }
    };
    await Promise.all(Array.from({ length: 12 }, lane));
    expect(told).toEqual([]);
  });

  it('S18 writes nothing of it to its log or its audit', async () => {
    for (const text of [stack.gateway.program.output(), JSON.stringify(await stack.audit())]) {
      expect(text.length).toBeGreaterThan(10_000);
      expect(tracesOf(canary, text)).toEqual([]);
    }
  });

  it('S18 has nothing of it in its arguments or its environment', async () => {
    for (const file of ['cmdline', 'environ']) {
      const text = await readFile(`/proc/${stack.gateway.program.pid}/${file}`, 'utf8');
      expect(tracesOf(canary, text)).toEqual([]);
    }
  });
});
