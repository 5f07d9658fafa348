import { randomUUID } from 'node:crypto';
import { must, withClient } from '../session.ts';
import type { Person } from '../world.ts';

/** Simple, extended and prepared queries, a transaction, settings, and what is hers and nobody else's. */
export const queries = (person: Person): Promise<void> =>
  withClient(person, async (client) => {
    const mark = randomUUID();
    const { rows: who } = await client.query('select session_user as me, current_user as role');
    must('who it is', who, [{ me: person.email, role: person.email }]);
    const { rows: seen } = await client.query('select owner, count(*)::int as n from ledger group by owner');
    must('rows of the ledger', seen, [{ owner: person.email, n: person.rows }]);
    await client.query(`create temp table mine (mark text); set application_name = '${mark}'; begin`);
    await client.query('insert into mine select $1 from generate_series(1, 10)', [mark]);
    for (let i = 0; i < 3; i++) {
      const prepared = {
        name: 'count',
        text: 'select count(*)::int as n, min(mark) as mark from mine where mark <> $1',
      };
      must('prepared', (await client.query(prepared, [`${i}`])).rows, [{ n: 10, mark }]);
    }
    await client.query('savepoint one');
    await client.query('select 1 / 0').catch((error) => {
      if (error.code !== '22012') throw error;
    });
    await client.query('rollback to one; commit');
    must('the setting', (await client.query('show application_name')).rows, [{ application_name: mark }]);
    must('its own table', (await client.query('select distinct mark from mine')).rows, [{ mark }]);
  });
