import { jobAt, jobsOf } from './jobs/jobs.ts';
import { Tally } from './tally.ts';
import type { Person, World } from './world.ts';

/** So many clients, each with something to do from its connection to its end, and so many of them at a time. Nothing excuses a fault. */
export async function crowd(world: World, clients: number, atATime: number): Promise<Tally> {
  const tally = new Tally();
  const jobs = jobsOf(world, () => true);
  let next = 0;
  const work = async () => {
    while (next < clients) {
      const n = next++;
      const person = world.people[n % world.people.length] as Person;
      // Not in step with the people: each does everything.
      const name = jobAt(Math.floor(n / world.people.length));
      await tally.count(name, jobs[name](person), () => undefined);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return tally;
}
