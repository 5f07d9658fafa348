import { describe, expect, it } from 'vitest';
import { failureOf, neverAborts } from './dependencies.testing.ts';
import { SingleFlight } from './single-flight.ts';

/** Work that ends when told to. */
function setUp() {
  const runs: { key: string; signal: AbortSignal; land: (value: string) => void; crash: (error: Error) => void }[] = [];
  const flights = new SingleFlight<string, string>(
    (key, signal) => new Promise((land, crash) => runs.push({ key, signal, land, crash })),
  );
  return { runs, flights };
}

describe('single flight', () => {
  it('runs once for all who come while it runs, and anew for who comes later', async () => {
    const { runs, flights } = setUp();
    const joined = [1, 2, 3].map(() => flights.join('a', neverAborts));
    expect(runs.length).toBe(1);
    runs[0]?.land('one');
    expect(await Promise.all(joined)).toEqual(['one', 'one', 'one']);
    const later = flights.join('a', neverAborts);
    runs[1]?.land('two');
    expect(await later).toBe('two');
  });

  it('keeps what was asked for apart', async () => {
    const { runs, flights } = setUp();
    void flights.join('a', neverAborts);
    void flights.join('b', neverAborts);
    expect(runs.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('fails for all, and is over then', async () => {
    const { runs, flights } = setUp();
    const joined = [1, 2].map(() => flights.join('a', neverAborts).catch(({ message }: Error) => message));
    runs[0]?.crash(new Error('no'));
    expect(await Promise.all(joined)).toEqual(['no', 'no']);
    void flights.join('a', neverAborts);
    expect(runs.length).toBe(2);
  });

  it('goes on while anybody waits, and aborts with the last', async () => {
    const { runs, flights } = setUp();
    const one = new AbortController();
    const other = new AbortController();
    const waiting = [one, other].map(({ signal }) => failureOf(flights.join('a', signal)));
    one.abort();
    expect(await waiting[0]).toMatchObject({ code: 'ERR_ABORTED' });
    expect(runs[0]?.signal.aborted).toBe(false);
    other.abort();
    expect(await waiting[1]).toMatchObject({ code: 'ERR_ABORTED' });
    expect(runs[0]?.signal.aborted).toBe(true);
    void flights.join('a', neverAborts);
    expect(runs.length).toBe(2);
  });
});
