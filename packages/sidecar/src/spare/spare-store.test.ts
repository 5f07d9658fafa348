import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SpareStore, type Waiting } from './spare-store.ts';

const CAPACITY = 3;
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const secret = fc.constantFrom('old', 'new');
const step = fc.oneof(
  fc.record({ put: name, secret, life: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ claim: name, secret }),
  fc.record({ drop: name }),
);

it('S6 hands out each session once, to who asks for exactly the same with the same secret in time, whatever happens in between', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = new SpareStore<number>(CAPACITY);
      const out: number[] = [];
      let count = 0;
      steps.forEach((each, now) => {
        if ('put' in each) {
          const waiting = { startup: each.put, secret: each.secret, database: each.put, since: now };
          const gone = store.put({ ...waiting, session: count++, until: now + each.life });
          out.push(...gone.map(({ session }) => session));
        } else if ('claim' in each) {
          const { usable, stale } = store.claim(each.claim, each.secret, now);
          if (usable)
            expect([usable.startup, usable.secret, usable.until > now]).toEqual([each.claim, each.secret, true]);
          if (stale) expect(stale.secret !== each.secret || stale.until <= now).toBe(true);
          out.push(...[usable, stale].flatMap((one) => (one ? [one.session] : [])));
        } else {
          const unwanted = ({ database }: Waiting<number>) => database === each.drop;
          out.push(...store.removeWhere(unwanted).map(({ session }) => session));
        }
        expect(store.all.length).toBeLessThanOrEqual(CAPACITY);
      });
      const still = store.all.map(({ session }) => session);
      expect([...out, ...still].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
    }),
  );
});

it('gives up the oldest for a new one', () => {
  const store = new SpareStore<string>(2);
  const waiting = { secret: '', database: '', since: 0, until: 9 };
  const gone = ['a', 'b', 'a', 'c'].map((key, n) => store.put({ ...waiting, startup: key, session: `${key}${n}` }));
  expect(gone.map((all) => all.map(({ session }) => session))).toEqual([[], [], ['a0'], ['b1']]);
});
