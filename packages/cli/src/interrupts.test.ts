import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { listenForInterrupts } from './interrupts.ts';

function process() {
  const exits: number[] = [];
  const signals = Object.assign(new EventEmitter(), { exit: (code: number) => exits.push(code) });
  return { exits, signals, interrupts: listenForInterrupts(signals as never, 130) };
}

describe('Ctrl-C', () => {
  it('aborts what runs at the first, and ends the process at the second', () => {
    const { exits, signals, interrupts } = process();
    signals.emit('SIGINT');
    expect({ aborted: interrupts.signal.aborted, exits }).toEqual({ aborted: true, exits: [] });
    signals.emit('SIGINT');
    expect(exits).toEqual([130]);
  });

  it('is left to the program in the foreground while paused', () => {
    const { exits, signals, interrupts } = process();
    const resume = interrupts.pause();
    signals.emit('SIGINT');
    signals.emit('SIGINT');
    expect({ aborted: interrupts.signal.aborted, exits }).toEqual({ aborted: false, exits: [] });
    resume();
    signals.emit('SIGINT');
    expect(interrupts.signal.aborted).toBe(true);
  });
});
