import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LostAddresses } from './lost-addresses.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Line extends EventEmitter {
  readonly localAddress: string | undefined;
  ended: string | undefined;
  constructor(localAddress: string | undefined) {
    super();
    this.localAddress = localAddress;
  }
  destroy(error?: Error): this {
    this.ended = error?.message;
    this.emit('close');
    return this;
  }
}

function world() {
  const here = new Set(['10.0.0.2', '192.168.1.5']);
  const watch = new LostAddresses((address) => address === undefined || here.has(address));
  const line = (address: string | undefined) => {
    const made = new Line(address);
    watch.watch(made as never);
    return made;
  };
  return { here, line };
}

it('a session whose own address is gone for half a minute ends, and says why; the others go on', () => {
  const { here, line } = world();
  const [vpn, wifi, tunnelled] = [line('10.0.0.2'), line('192.168.1.5'), line(undefined)];
  here.delete('10.0.0.2');
  vi.advanceTimersByTime(25_000);
  expect(vpn.ended).toBe(undefined);
  vi.advanceTimersByTime(10_000);
  expect(vpn.ended).toBe('the network has changed: this machine no longer has the address 10.0.0.2');
  expect([wifi.ended, tunnelled.ended]).toEqual([undefined, undefined]);
});

it('an address that comes back in time ends nothing', () => {
  const { here, line } = world();
  const vpn = line('10.0.0.2');
  for (let drops = 0; drops < 5; drops++) {
    here.delete('10.0.0.2');
    vi.advanceTimersByTime(20_000);
    here.add('10.0.0.2');
    vi.advanceTimersByTime(10_000);
  }
  expect(vpn.ended).toBe(undefined);
});

it('nothing ticks when there is no session', () => {
  const { line } = world();
  const vpn = line('10.0.0.2');
  expect(vi.getTimerCount()).toBe(1);
  vpn.destroy();
  vi.advanceTimersByTime(5_000);
  expect(vi.getTimerCount()).toBe(0);
});
