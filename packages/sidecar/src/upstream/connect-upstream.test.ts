import { expect, it } from 'vitest';
import { startupParameters } from './connect-upstream.ts';

const upstream = {
  parameters: new Map([
    ['application_name', 'gprxy'],
    ['client_encoding', 'UTF8'],
  ]),
  database: 'sales',
};

it('replaces the user, and nothing else that the client said', () => {
  const client = new Map([
    ['user', 'postgres'],
    ['database', 'crm'],
    ['application_name', 'psql'],
    ['options', '-c search_path=x'],
    ['TimeZone', 'UTC'],
  ]);
  expect([...startupParameters('alice@corp.example', client, upstream)]).toEqual([
    ['user', 'alice@corp.example'],
    ['client_encoding', 'UTF8'],
    ['database', 'crm'],
    ['application_name', 'psql'],
    ['options', '-c search_path=x'],
    ['TimeZone', 'UTC'],
  ]);
});

it('takes the database of the DSN when the client names none', () => {
  expect(startupParameters('alice', new Map([['user', 'x']]), upstream).get('database')).toBe('sales');
});

it('passes no protocol option on', () => {
  const client = new Map([['_pq_.command', 'x']]);
  expect([...startupParameters('alice', client, { parameters: new Map() })]).toEqual([['user', 'alice']]);
});
