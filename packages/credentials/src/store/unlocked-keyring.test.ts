import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { has, startKeyring } from '@gprxy/testkit';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testDirectory } from '../dependencies.testing.ts';
import { decodeBooleanVariant, decodeMessage, encodeMethodCall } from './dbus-message.ts';
import { isKeyringUnlocked } from './unlocked-keyring.ts';

describe.runIf(has.keyring)('the keyring of a desktop', () => {
  it('is asked whether it is unlocked', async () => {
    await using keyring = await startKeyring();
    const address = keyring.env.DBUS_SESSION_BUS_ADDRESS as string;
    expect(await isKeyringUnlocked(address)).toBe(true);
    await keyring.lock();
    expect(await isKeyringUnlocked(address)).toBe(false);
    await keyring.unlock();
    expect(await isKeyringUnlocked(address)).toBe(true);
  });
});

describe.runIf(process.platform === 'linux')('a session bus', () => {
  /** A bus that answers each client with `bytes` and then nothing more. */
  async function startBus(bytes: Buffer): Promise<string> {
    const path = join(testDirectory(), 'bus,1');
    const server = net.createServer((socket) => socket.on('error', () => undefined).write(bytes)).listen(path);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return `tcp:host=127.0.0.1;unix:guid=0,path=${path.replace(',', '%2c')}`;
  }

  const ok = Buffer.from('OK 0123\r\n');
  const answer = (serial: number, body: number[], type = 2) =>
    Buffer.from([
      108,
      type,
      0,
      1,
      body.length,
      0,
      0,
      0,
      9,
      0,
      0,
      0,
      8,
      0,
      0,
      0,
      5,
      1,
      117,
      0,
      serial,
      0,
      0,
      0,
      ...body,
    ]);
  const isLocked = [1, 98, 0, 0, 1, 0, 0, 0];
  const isOpen = [1, 98, 0, 0, 0, 0, 0, 0];

  it.each([
    ['unlocked', Buffer.concat([ok, answer(1, []), answer(2, isOpen)]), true],
    ['locked', Buffer.concat([ok, answer(1, []), answer(2, isLocked)]), false],
    ['without a keyring', Buffer.concat([ok, answer(1, []), answer(2, isOpen, 3)]), false],
    ['that refuses us', Buffer.from('REJECTED EXTERNAL\r\n'), false],
    ['that says nothing', Buffer.alloc(0), false],
    ['that says something else', Buffer.alloc(100_000, 'x'), false],
  ])('%s', async (_, bytes, isUnlocked) => {
    expect(await isKeyringUnlocked(await startBus(bytes))).toBe(isUnlocked);
  });

  it('that is not there, or not reachable by a socket, is none', async () => {
    for (const address of ['unix:path=/nonexistent', 'unix:abstract=gprxy-nonexistent', 'autolaunch:', '']) {
      expect(await isKeyringUnlocked(address)).toBe(false);
    }
  });
});

describe('D-Bus messages', () => {
  it('are written as the specification has them', () => {
    const call = { serial: 7, destination: 'a.b', path: '/c', interface: 'd.e', member: 'F', arguments: ['gh', 'i'] };
    const bytes = encodeMethodCall(call);
    expect(bytes.subarray(0, 16)).toEqual(Buffer.from([108, 1, 0, 1, 14, 0, 0, 0, 7, 0, 0, 0, 72, 0, 0, 0]));
    expect(bytes.subarray(16, 28).toString('latin1')).toBe('\x01\x01o\0\x02\0\0\0/c\0\0');
    expect(bytes.length).toBe(16 + 72 + 14);
    expect(bytes.subarray(-14)).toEqual(Buffer.from('\x02\0\0\0gh\0\0\x01\0\0\0i\0', 'latin1'));
  });

  it('of any bytes are read without an exception, and never past their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const message = decodeMessage(Buffer.from(bytes));
        if (message !== undefined) {
          expect(message.rest.length).toBeLessThan(bytes.length);
          decodeBooleanVariant(message.reply.body);
        }
      }),
    );
  });
});
