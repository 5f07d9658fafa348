import type { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { isStillHere } from './local-addresses.ts';

const interfaces = {
  lo: [{ address: '127.0.0.1' }, { address: '::1' }],
  wlan0: [{ address: '192.168.1.7' }, { address: 'fe80::1' }],
} as unknown as ReturnType<typeof networkInterfaces>;

it.each([
  ['127.0.0.1', true],
  ['192.168.1.7', true],
  ['::ffff:192.168.1.7', true],
  ['fe80::1%wlan0', true],
  ['10.8.0.2', false],
  [undefined, true],
])('a connection from %s lives: %s', (address, lives) => {
  expect(isStillHere(address, interfaces)).toBe(lives);
});

it('knows the addresses of this machine', () => {
  expect(isStillHere('127.0.0.1')).toBe(true);
});
