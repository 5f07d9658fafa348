import { GprxyError } from './errors.ts';

/** 100,000 in every test run; GPRXY_FUZZ_RUNS=10000000 for the long one, GPRXY_FUZZ_SEED for other inputs. */
export const FUZZ_RUNS = Number(process.env.GPRXY_FUZZ_RUNS ?? 100_000);
const FUZZ_SEED = Number(process.env.GPRXY_FUZZ_SEED ?? 1);

const MAX_PAUSE_MS = 1_000;
/** Bytes that the parsers branch on: numbers, separators, the edges of UTF-8. */
const TELLING = Buffer.from('\x00\x01\x03\x04\x05\x7f=,"\\-:@/?#%_pqnyaRK \x80\xc3\xe2\xff', 'latin1');

export type Random = (below: number) => number;

/** Mulberry32: small, fast, and the same on every machine. */
export function createRandom(seed = FUZZ_SEED): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Changes up to five bytes, adds up to seven, and cuts every fourth input short. */
export function mutate(seed: Buffer, random: Random): Buffer {
  const bytes = Buffer.concat([seed, Buffer.alloc(random(2) * random(8))]);
  for (let changes = Math.min(bytes.length, random(6)); changes > 0; changes--) {
    bytes[random(bytes.length)] = random(2) === 0 ? random(256) : (TELLING[random(TELLING.length)] as number);
  }
  return bytes.subarray(0, random(4) === 0 ? random(bytes.length + 1) : bytes.length);
}

/**
 * Feeds mutants of `seeds` to a parser and returns how many it accepted. Anything but a result or a GprxyError fails,
 * and so does a second of silence; the input is in the message.
 */
export function fuzz(seeds: readonly Buffer[], parse: (bytes: Buffer) => void): number {
  const random = createRandom();
  let accepted = 0;
  for (let run = 0; run < FUZZ_RUNS; run++) {
    const bytes = mutate(seeds[random(seeds.length)] as Buffer, random);
    const started = performance.now();
    if (accepts(bytes, parse)) accepted += 1;
    if (performance.now() - started > MAX_PAUSE_MS) requireQuick(bytes, parse);
  }
  return accepted;
}

function accepts(bytes: Buffer, parse: (bytes: Buffer) => void): boolean {
  try {
    parse(bytes);
    return true;
  } catch (error) {
    if (error instanceof GprxyError) return false;
    throw new Error(`fails on ${bytes.toString('hex')}`, { cause: error });
  }
}

/** A parser that hangs on an input hangs on it every time; a machine with too much to do pauses anywhere. */
function requireQuick(bytes: Buffer, parse: (bytes: Buffer) => void): void {
  for (let attempt = 0; attempt < 5; attempt++) {
    const started = performance.now();
    accepts(bytes, parse);
    if (performance.now() - started <= MAX_PAUSE_MS) return;
  }
  throw new Error(`hangs on ${bytes.toString('hex')}`);
}
