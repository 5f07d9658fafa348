import { afterEach, describe, expect, it } from 'vitest';
import { authenticationOk } from '../wire/authentication-messages.ts';
import { encodeParameterStatus, encodeReadyForQuery } from '../wire/backend-messages.ts';
import { encodeErrorResponse } from '../wire/error-response.ts';
import { PROTOCOL_3_0 } from '../wire/startup-packet.ts';
import { startHostileServer } from './hostile-server.testing.ts';
import { loginAnyUpstream } from './login-any-upstream.ts';
import type { TargetSessionAttrs } from './target-session-attrs.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const says = (code: string, message: string) => encodeErrorResponse({ severity: 'FATAL', code, message });
const ready = (standby?: 'on' | 'off', readOnly: 'on' | 'off' = 'off') =>
  Buffer.concat([
    authenticationOk,
    ...(standby ? [encodeParameterStatus('in_hot_standby', standby)] : []),
    ...(standby ? [encodeParameterStatus('default_transaction_read_only', readOnly)] : []),
    encodeReadyForQuery('I'),
  ]);

/** What each host does, in order. `gone`: nobody listens there. */
const hosts = {
  primary: ready('off'),
  readOnly: ready('off', 'on'),
  standby: ready('on'),
  pooler: ready(),
  starting: says('57P03', 'the database system is starting up'),
  refusing: says('28000', 'no entry in pg_hba.conf'),
  gone: undefined,
};
type Host = keyof typeof hosts;

async function login(names: readonly Host[], targetSessionAttrs: TargetSessionAttrs, loadBalanceHosts = false) {
  const servers = await Promise.all(
    names.map(async (name) => {
      const answer = hosts[name];
      const server = await startHostileServer({ script: answer ? [answer] : [] });
      stops.push(server.stop);
      if (!answer) server.stop();
      return server;
    }),
  );
  const outcome = loginAnyUpstream(
    {
      targets: servers.map(({ port }) => ({
        host: '127.0.0.1',
        port,
        tls: { mode: 'disable', negotiation: 'postgres' },
        connectTimeoutMs: 5_000,
      })),
      targetSessionAttrs,
      loadBalanceHosts,
      protocolVersion: PROTOCOL_3_0,
      parameters: [['user', 'alice']],
      credential: { kind: 'certificate' },
    },
    new AbortController().signal,
  );
  const session = await outcome;
  session.channel.release().destroy();
  return names[servers.findIndex(({ port }) => port === session.target.port)];
}

describe('a login with several hosts', () => {
  const rows: [TargetSessionAttrs, Host[], Host][] = [
    ['any', ['gone', 'standby'], 'standby'],
    ['any', ['starting', 'pooler'], 'pooler'],
    ['read-write', ['standby', 'readOnly', 'primary'], 'primary'],
    ['read-only', ['primary', 'readOnly'], 'readOnly'],
    ['primary', ['standby', 'readOnly'], 'readOnly'],
    ['standby', ['primary', 'gone', 'standby'], 'standby'],
    ['prefer-standby', ['primary', 'standby'], 'standby'],
    ['prefer-standby', ['primary', 'gone'], 'primary'],
  ];
  it.each(rows)('with target_session_attrs=%s and %j takes the %s', async (attrs, names, expected) => {
    expect(await login(names, attrs)).toBe(expected);
  });

  it('goes no further when a host refuses the login: the others would do the same', async () => {
    await expect(login(['refusing', 'primary'], 'any')).rejects.toMatchObject({ sqlState: '28000' });
  });

  it('with load_balance_hosts=random takes every one of them', async () => {
    const taken = new Set<string | undefined>();
    while (taken.size < 3) taken.add(await login(['primary', 'standby', 'pooler'], 'any', true));
    expect([...taken].sort()).toEqual(['pooler', 'primary', 'standby']);
  });

  it('names what is wrong with each when none will do', async () => {
    await expect(login(['gone', 'standby', 'pooler'], 'primary')).rejects.toMatchObject({
      code: 'ERR_UPSTREAM_UNREACHABLE',
      sqlState: '08001',
      detail: expect.stringMatching(
        /^could not connect to \S+: nothing listens there \(ECONNREFUSED\); \S+ is not what target_session_attrs=primary asks for; \S+ does not say whether it is what/,
      ),
    });
  });

  it('has the error of the only host when there is one', async () => {
    await expect(login(['gone'], 'any')).rejects.toMatchObject({
      message: expect.stringMatching(/^could not connect/),
    });
  });
});
