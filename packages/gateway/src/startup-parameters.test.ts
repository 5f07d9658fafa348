import {
  encodeStartupMessage,
  GprxyError,
  PROTOCOL_3_0,
  parseOptions,
  parseStartupPacket,
  type StartupMessage,
} from '@gprxy/proxy-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StartupPolicy } from './config/databases.ts';
import { backendParameters, clientSettings } from './startup-parameters.ts';

const policy = (changes: Partial<StartupPolicy> = {}): StartupPolicy => ({
  allow: new Set(['*']),
  deny: new Set(),
  replication: false,
  ...changes,
});

const startup = (parameters: Record<string, string>): StartupMessage =>
  parseStartupPacket(
    encodeStartupMessage(PROTOCOL_3_0, Object.entries({ user: 'alice', ...parameters })),
  ) as StartupMessage;

function login(parameters: Record<string, string>, changes: Partial<StartupPolicy> = {}) {
  return backendParameters(startup(parameters), {
    role: 'alice@corp.example',
    database: 'sales_eu',
    policy: policy(changes),
    claimSettings: [['app.user_id', 'u 1\\']],
    namespaces: new Set(['app', 'gprxy']),
  });
}

function sqlStateOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof GprxyError) return error.sqlState;
    throw error;
  }
  return 'accepted';
}

describe('what reaches the backend', () => {
  it('is the mapped role in the mapped database, with the client as it presented itself', () => {
    expect(login({ database: 'sales', application_name: 'psql', TimeZone: 'UTC', options: '-c geqo=off' })).toEqual([
      ['user', 'alice@corp.example'],
      ['database', 'sales_eu'],
      ['options', '-c geqo=off -c app.user_id=u\\ 1\\\\'],
      ['application_name', 'psql'],
      ['TimeZone', 'UTC'],
    ]);
  });

  it('comes back from the options as it was meant', () => {
    const options = Object.fromEntries(login({ options: '-c a.b=x\\ y --c_d=\\\\' })).options ?? '';
    expect(parseOptions(options)).toEqual([
      ['a.b', 'x y'],
      ['c_d', '\\'],
      ['app.user_id', 'u 1\\'],
    ]);
  });

  it('has replication=database where the file allows it, and drops what is off', () => {
    expect(login({ replication: 'database' }, { replication: true })).toContainEqual(['replication', 'database']);
    for (const off of ['off', 'false', '0', 'no']) {
      expect(login({ replication: off }).map(([name]) => name)).not.toContain('replication');
    }
  });

  it('has no protocol options and not the choice of the way to authenticate', () => {
    const parameters = login({ '_pq_.x': '1', options: '-c gprxy.auth=oauthbearer' });
    expect(JSON.stringify(parameters)).not.toMatch(/_pq_|gprxy/);
    expect(clientSettings(startup({ options: '-c gprxy.auth=oauthbearer' })).auth).toBe('oauthbearer');
  });
});

describe('S10 what policy does not allow', () => {
  it.each<[name: string, parameters: Record<string, string>, sqlState: string]>([
    ['role', { role: 'bob' }, '42501'],
    ['role in capitals', { ROLE: 'bob' }, '42501'],
    ['role in options', { options: '-c role=bob' }, '42501'],
    ['role in options, without a space', { options: '-crole=bob' }, '42501'],
    ['role as a long option', { options: '--role=bob' }, '42501'],
    ['role with escapes', { options: '-c r\\ole=bob' }, '42501'],
    ['session_authorization', { session_authorization: 'bob' }, '42501'],
    ['session-authorization in options', { options: '--session-authorization=bob' }, '42501'],
    ['user in options', { options: '-c user=bob' }, '42501'],
    ['database in options', { options: '-c database=hr' }, '42501'],
    ['options in options', { options: '-c options=-crole=bob' }, '42501'],
    ['replication in options', { options: '-c replication=database' }, '42501'],
    ['replication', { replication: 'database' }, '28000'],
    ['physical replication', { replication: 'true' }, '0A000'],
    ['physical replication, as a 1', { replication: '1' }, '0A000'],
    ['a claim', { 'app.user_id': 'bob' }, '42501'],
    ['a claim in capitals', { 'APP.User_Id': 'bob' }, '42501'],
    ['a claim in options', { options: '-c app.user_id=bob' }, '42501'],
    ['a name next to the claims', { options: '-c app.anything=1' }, '42501'],
    ["a name of the gateway's own", { options: '-c gprxy.x=1' }, '42501'],
    ['the way to authenticate, as a parameter', { 'gprxy.auth': 'password' }, '42501'],
    ['other switches', { options: '-d 5' }, '0A000'],
    ['a switch of the postmaster', { options: '-p 99' }, '0A000'],
    ['-c without a name', { options: '-c =x' }, '42601'],
  ])('S10 %s', (_name, parameters, sqlState) => {
    expect(sqlStateOf(() => login(parameters))).toBe(sqlState);
  });

  it("S10 search_path is the person's own, unless the file denies it", () => {
    const options = { options: '-c search_path=evil' };
    expect(sqlStateOf(() => login(options))).toBe('accepted');
    expect(sqlStateOf(() => login(options, { deny: new Set(['search_path']) }))).toBe('42501');
    expect(sqlStateOf(() => login({ Search_Path: 'x' }, { deny: new Set(['search_path']) }))).toBe('42501');
  });

  it('S10 only what is listed goes where the file lists', () => {
    const listed = { allow: new Set(['timezone', 'role']) };
    expect(sqlStateOf(() => login({ TimeZone: 'UTC', role: 'x' }, listed))).toBe('accepted');
    expect(sqlStateOf(() => login({ DateStyle: 'ISO' }, listed))).toBe('42501');
  });

  it('S10 no client gets another user, database or claim past it, whatever it writes', () => {
    const text = fc.string({ unit: fc.constantFrom(...'-c=\\ \tuser=database app.user_id role\0x'.replace('\0', '')) });
    fc.assert(
      fc.property(text, fc.dictionary(text.filter(Boolean), text, { maxKeys: 4 }), (options, parameters) => {
        let sent: ReadonlyArray<readonly [string, string]>;
        try {
          sent = login({ ...parameters, user: 'alice', options });
        } catch (error) {
          expect(error).toBeInstanceOf(GprxyError);
          return;
        }
        expect(sent.filter(([name]) => name === 'user')).toEqual([['user', 'alice@corp.example']]);
        expect(sent.filter(([name]) => name === 'database')).toEqual([['database', 'sales_eu']]);
        const settings = [...parseOptions(sent.find(([name]) => name === 'options')?.[1] ?? ''), ...sent.slice(2)];
        expect(settings.filter(([name]) => name.toLowerCase().startsWith('app.'))).toEqual([['app.user_id', 'u 1\\']]);
        expect(settings.some(([name]) => /^(role|session_authorization)$/i.test(name))).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });
});

it('says so when claims and settings do not fit into the packet', () => {
  expect(sqlStateOf(() => login({ 'my.x': 'x'.repeat(9_950) }))).toBe('53400');
});
