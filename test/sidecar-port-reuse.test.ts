import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { PeerLookup } from '@gprxy/sidecar';
import { freePort } from '@gprxy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { countingUpstream, startTestSidecar, startupAs } from './sidecar.testing.ts';

async function dial(port: number, localPort: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localPort });
  socket.on('error', () => {});
  await once(socket, 'connect');
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Finds the OS user of the sidecar at every port, but only once it is told to look. */
function lookupThatWaits() {
  const [asked, told] = [new EventTarget(), new EventTarget()];
  const wasAsked = once(asked, 'asked');
  const mayLook = once(told, 'look');
  const look = () => told.dispatchEvent(new Event('look'));
  onTestFinished(() => void look());
  const peers: PeerLookup = {
    available: async () => true,
    uidListeningOn: async () => undefined,
    async uidOf() {
      asked.dispatchEvent(new Event('asked'));
      await mayLook;
      return process.getuid?.();
    },
  };
  return { peers, wasAsked, look };
}

describe.runIf(process.platform === 'linux')('S15 a port that changes hands while its owner is looked up', () => {
  it.each([
    ['nothing', 0],
    ['a little', 10],
    ['more than is read ahead', 100_000],
  ])('lets nobody in who has gone, having sent %s', async (_, bytes) => {
    const { peers, wasAsked, look } = lookupThatWaits();
    const { upstream, connections } = await countingUpstream();
    const { port, log } = await startTestSidecar({ upstream }, { peers });
    // Not one that connect(2) chooses: that may be in use towards others as well, and then cannot be chosen again.
    const localPort = await freePort();
    const stranger = await dial(port, localPort);
    stranger.write(Buffer.concat([startupAs('mallory'), Buffer.alloc(bytes, 'Q')]));
    await wasAsked;
    await expect.poll(() => stranger.writableLength).toBe(0);
    stranger.resetAndDestroy();
    await once(stranger, 'close');
    await dial(port, localPort);
    look();
    await expect.poll(() => log).toHaveLength(1);
    expect(log).toMatchObject([{ stage: 'authenticate' }]);
    expect(connections()).toBe(0);
  });
});
