import {
  backendKey,
  type ClientConnection,
  ConnectionLost,
  frontendKey,
  GprxyError,
  NotPostgres,
  ProtocolError,
  type SessionEnd,
  type UpstreamSession,
} from '@gprxy/proxy-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Who } from '../identify-client.ts';
import { silentLog } from '../log.ts';
import { LoginDenied } from '../login-denied.ts';
import { createAuditLog } from './audit-log.ts';
import type { AuditRecord } from './audit-record.ts';
import { auditSessions } from './session-audit.ts';

let records: AuditRecord[];
let sinkFails: boolean;

const sink = {
  async write(line: string) {
    if (sinkFails) throw new Error('ENOSPC');
    records.push(JSON.parse(line));
  },
  reopen: async () => {},
  close: async () => {},
};
const events = (onFailure: 'deny' | 'continue' = 'deny') =>
  auditSessions({ audit: createAuditLog({ sink, onFailure, log: silentLog }), log: silentLog, now: () => 0 });

const peer = { address: '10.0.0.9', port: 40_000 };
const connection = {
  sessionId: 's-1',
  peer,
  startup: {
    parameters: new Map([
      ['user', 'alice'],
      ['database', 'sales'],
      ['application_name', 'psql'],
    ]),
  },
} as unknown as ClientConnection;
const who = {
  role: 'alice_role',
  rule: 2,
  expiresAt: 60_000,
  person: { issuer: 'https://issuer', subject: 'u-1', email: 'alice@corp.example' },
} as unknown as Who;
const upstream = { backendKey: backendKey(4711, Buffer.alloc(4)) } as UpstreamSession;
const end = (changes: Partial<SessionEnd<Who>>): SessionEnd<Who> => ({
  stage: 'authenticate',
  peer,
  connection,
  endedBy: 'proxy',
  bytesFromClient: 0,
  bytesFromUpstream: 0,
  durationMs: 12.4,
  ...changes,
});

beforeEach(() => {
  records = [];
  sinkFails = false;
});

const common = {
  session: 's-1',
  user: 'alice',
  database: 'sales',
  application: 'psql',
  client_address: '10.0.0.9',
  client_port: 40_000,
};
const alice = { issuer: 'https://issuer', subject: 'u-1', email: 'alice@corp.example', role: 'alice_role' };

describe('exactly one record each', () => {
  it('S37 a login and its end', async () => {
    const session = events();
    await session.ready?.({ connection, who, upstream });
    session.end?.(end({ stage: 'relay', who, upstream, endedBy: 'client', bytesFromClient: 7, bytesFromUpstream: 9 }));
    expect(records).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        event: 'login',
        ...common,
        ...alice,
        backend_pid: 4711,
        rule: 2,
        token_expires: '1970-01-01T00:01:00.000Z',
      },
      {
        time: '1970-01-01T00:00:00.000Z',
        event: 'end',
        ...common,
        ...alice,
        backend_pid: 4711,
        duration_ms: 12,
        bytes_from_client: 7,
        bytes_from_server: 9,
        ended_by: 'client',
      },
    ]);
  });

  it('S37 a denial, of whom the token proved', () => {
    const error = new LoginDenied('no_rule', 'no rule is for this person').of({
      issuer: 'https://issuer',
      subject: 'u-1',
    });
    events().end?.(end({ error }));
    expect(records).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        event: 'denial',
        ...common,
        issuer: 'https://issuer',
        subject: 'u-1',
        duration_ms: 12,
        reason: 'no_rule',
        message: 'no rule is for this person',
        sqlstate: '28000',
      },
    ]);
  });

  it('S37 a cancel, with the session that it was for', async () => {
    const session = events();
    await session.ready?.({ connection, who, upstream });
    const target = { sessionId: 's-1', backendKey: upstream.backendKey } as never;
    const key = frontendKey(1, Buffer.alloc(4));
    session.cancel?.({ peer: { address: '10.0.0.8', port: 1 }, key, target });
    session.cancel?.({ peer, key });
    expect(records.slice(1)).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        event: 'cancel',
        ...common,
        ...alice,
        client_address: '10.0.0.8',
        client_port: 1,
        backend_pid: 4711,
      },
      {
        time: '1970-01-01T00:00:00.000Z',
        event: 'cancel',
        client_address: '10.0.0.9',
        client_port: 40_000,
        reason: 'unknown_key',
      },
    ]);
  });
});

describe('what is a denial', () => {
  it.each<[name: string, changes: Partial<SessionEnd<Who>>, reason: string | undefined]>([
    [
      'a backend that is down',
      { stage: 'upstream', who, error: new GprxyError('x', { code: 'ERR_UPSTREAM_TIMEOUT' }) },
      'upstream_timeout',
    ],
    ['a protocol violation', { error: new ProtocolError('x') }, 'protocol'],
    ['stuffed bytes before the startup', { stage: 'startup', error: new ProtocolError('x') }, 'protocol'],
    ['plaintext', { stage: 'startup', error: new GprxyError('x', { code: 'ERR_TLS_REQUIRED' }) }, 'plaintext'],
    ['an error of our own making', { error: new TypeError('x') }, 'internal_error'],
    ['psql that only asked whether it needs a password', { error: new ConnectionLost() }, undefined],
    [
      'a person who left before the backend was there',
      { stage: 'upstream', who, error: new ConnectionLost() },
      'connection_lost',
    ],
    ['a scanner', { stage: 'startup', error: new NotPostgres('x') }, undefined],
    ['a TLS handshake that failed', { stage: 'startup', error: new Error('unknown ca') }, undefined],
  ])('%s', (_name, changes, reason) => {
    const { connection: _, ...early } = end(changes);
    events().end?.(changes.stage === 'startup' ? early : end(changes));
    expect(records.map((record) => record.reason)).toEqual(reason === undefined ? [] : [reason]);
    expect(records.every(({ event }) => event === 'denial')).toBe(true);
  });
});

describe('S37 the sink fails', () => {
  it('S37 deny: nobody is let in unrecorded', async () => {
    sinkFails = true;
    const session = events('deny');
    const error = await Promise.resolve(session.ready?.({ connection, who, upstream })).catch(
      (error: unknown) => error,
    );
    expect(error).toMatchObject({ reason: 'audit_failed', sqlState: '57P03' });
    sinkFails = false;
    session.end?.(end({ stage: 'upstream', who, upstream, error }));
    expect(records).toMatchObject([{ event: 'denial', reason: 'audit_failed' }]);
  });

  it('S37 continue: people come in all the same', async () => {
    sinkFails = true;
    await expect(Promise.resolve(events('continue').ready?.({ connection, who, upstream }))).resolves.toBeUndefined();
  });
});

describe('nothing secret', () => {
  const CANARY = 'canary-7f3a';

  /** Everything of the gateway that knows a token, or what is in it, has the canary there. */
  const connectionWithToken = { ...connection, channel: { written: CANARY } } as unknown as ClientConnection;
  const claims = { raw: CANARY, groups: [CANARY] };
  const whoWithToken = {
    ...who,
    person: { ...who.person, name: CANARY, claims, groups: [CANARY] },
    claimSettings: [['app.secret', CANARY]],
    token: CANARY,
  } as unknown as Who;
  const upstreamWithKey = {
    backendKey: backendKey(4711, Buffer.from(CANARY)),
    parameters: CANARY,
  } as unknown as UpstreamSession;
  const written = () => JSON.stringify(records);

  it('S18 of tokens, claims and cancel keys is in a record', async () => {
    const session = events();
    const known = { connection: connectionWithToken, who: whoWithToken, upstream: upstreamWithKey };
    await session.ready?.(known);
    const target = { sessionId: 's-1', ...upstreamWithKey } as never;
    session.cancel?.({ peer, key: frontendKey(1, Buffer.from(CANARY)), target });
    session.end?.(end({ stage: 'relay', ...known }));
    const error = new LoginDenied('no_rule', 'no', { cause: new Error(CANARY), detail: CANARY, hint: CANARY });
    // As a caller may do it: a person has all that an owner needs, and every claim beside it.
    session.end?.(end({ connection: connectionWithToken, error: error.of(whoWithToken.person) }));
    session.end?.(end({ ...known, stage: 'upstream', error: new TypeError(CANARY) }));
    expect(records.map(({ event }) => event)).toEqual(['login', 'cancel', 'end', 'denial', 'denial']);
    expect(written()).not.toContain(CANARY);
    expect(written()).not.toContain(Buffer.from(CANARY).toString('hex'));
    expect(written()).not.toContain(Buffer.from(CANARY).toString('base64'));
  });
});
