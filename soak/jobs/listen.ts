import { must, withClient } from '../session.ts';
import type { Person } from '../world.ts';

let channels = 0;

/** One connection waits for what another one says. */
export const listen = (person: Person): Promise<void> =>
  withClient(person, async (listener) => {
    const channel = `news_${process.pid}_${channels++}`;
    await listener.query(`listen ${channel}`);
    // A connection that ends brings no news.
    const news = new Promise<string | undefined>((resolve) => {
      listener.once('notification', ({ payload }) => resolve(payload)).once('end', () => resolve(undefined));
    });
    await withClient(person, async (speaker) => {
      await speaker.query(`select pg_notify('${channel}', $1)`, [person.email]);
    });
    const payload = await news;
    if (payload === undefined) await listener.query('select 1');
    must('the news', payload, person.email);
  });
