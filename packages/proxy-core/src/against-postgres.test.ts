import type { TLSSocket } from 'node:tls';
import { startPostgres, type TestPostgres } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tlsServerEndPoint } from './sasl/channel-binding.ts';
import { type ScramOptions, ScramSha256Client } from './sasl/scram-client.ts';
import { connectUpstreamSocket } from './session/connect-upstream-socket.ts';
import { MessageChannel } from './session/message-channel.ts';
import { decodeAuthentication } from './wire/authentication-messages.ts';
import { decodeErrorFields } from './wire/error-response.ts';
import { encodeSASLInitialResponse, encodeSASLResponse } from './wire/frontend-messages.ts';
import { MAX_AUTHENTICATION_BYTES } from './wire/message-frame.ts';
import { MessageType } from './wire/message-type.ts';
import { encodeOptions, parseOptions } from './wire/startup-options.ts';
import { encodeStartupMessage, PROTOCOL_3_2 } from './wire/startup-packet.ts';

/** What only a real server can tell: that our reading of its rules is its own. */

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres({ version: 18 });
});

afterAll(async () => {
  await postgres?.stop();
});

describe('SCRAM against PostgreSQL 18', () => {
  const signal = AbortSignal.timeout(20_000);
  type Binding = 'bound' | 'not-offered' | 'none';

  async function connectTls(): Promise<TLSSocket> {
    const { host, port, ca } = postgres;
    const tls = { mode: 'verify-full', negotiation: 'postgres', ca } as const;
    return (await connectUpstreamSocket({ host, port, tls, connectTimeoutMs: 10_000 }, signal)) as TLSSocket;
  }

  function bindingOf(socket: TLSSocket, binding: Binding): Partial<ScramOptions> {
    if (binding === 'none') return {};
    if (binding === 'not-offered') return { channelBinding: binding };
    const hash = tlsServerEndPoint(socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0));
    return hash ? { channelBinding: hash } : {};
  }

  /** Logs in as `user`: "ok" once each side has convinced the other, else the server's SQLSTATE and message. */
  async function login(user: string, password: string, binding: Binding): Promise<string> {
    const socket = await connectTls();
    const channel = new MessageChannel(socket);
    const scram = new ScramSha256Client({ password, ...bindingOf(socket, binding) });
    try {
      channel.write(
        encodeStartupMessage(PROTOCOL_3_2, [
          ['user', user],
          ['database', 'postgres'],
        ]),
      );
      for (;;) {
        const { type, body } = await channel.readMessage(signal, MAX_AUTHENTICATION_BYTES);
        if (type === MessageType.ErrorResponse) {
          const { code, message } = decodeErrorFields(body);
          return `${code} ${message}`;
        }
        const request = decodeAuthentication(body);
        if (request.kind === 'SASL') {
          expect(request.mechanisms).toEqual(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']);
          channel.write(encodeSASLInitialResponse(scram.mechanism, scram.firstMessage()));
        } else if (request.kind === 'SASLContinue') {
          channel.write(encodeSASLResponse(await scram.finalMessage(request.data)));
        } else if (request.kind === 'SASLFinal') {
          scram.verify(request.data);
        } else {
          return request.kind.toLowerCase();
        }
      }
    } finally {
      socket.destroy();
    }
  }

  const passwords = [
    'geheim',
    'Pässwörter \u2168 I\u00adX',
    '\u{1F600} emoji',
    'a\u0007b',
    '\u0627\u0031',
    'x'.repeat(500),
  ];

  it.each(passwords)('logs in with the password %j, bound to the TLS channel and not', async (password) => {
    const user = `user_${passwords.indexOf(password)}`;
    await postgres.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
    expect(await login(user, password, 'bound')).toBe('ok');
    expect(await login(user, password, 'none')).toBe('ok');
    expect(await login(user, `${password}x`, 'bound')).toBe(`28P01 password authentication failed for user "${user}"`);
  });

  it('is stopped by the server when an attacker hid its offer to bind the channel', async () => {
    const answer = await login(postgres.superuser, postgres.password, 'not-offered');
    expect(answer).toMatch(/^28000 SCRAM channel binding negotiation error/);
  });
});

describe('options against PostgreSQL 18', () => {
  /** What the server makes of `options`: the values of `names`, or an error. */
  async function askServer(options: string, names: readonly string[]): Promise<string[]> {
    const { host, port, superuser: user, password, ca } = postgres;
    const client = new pg.Client({ host, port, user, password, ssl: { ca }, database: 'postgres', options });
    try {
      await client.connect();
      const select = names.map((_, index) => `current_setting($${index + 1}) AS "${index}"`);
      const { rows } = await client.query(`SELECT ${select.join(', ')}`, [...names]);
      return Object.values(rows[0]);
    } finally {
      await client.end();
    }
  }

  it.each([
    '-c app.a=b',
    '-capp.a=b',
    '--app.a=b',
    '  -c   app.a=b\t--app.c=d\n',
    '-c app.a=b -c app.a=c',
    '--application-name=x-y',
    '-c application-name=x-y',
    '-c app.a=',
    '-c app.a==b=c',
    '-c app.a=b\\ c\\\\d\\e',
    '-c app.a=b\\',
    '\\-c app.a=b',
    '-c app.a=b\\ -c',
    '-c search_path=a,\\ "b\\ c"',
    encodeOptions([
      ['app.a', ' \t\n\v\f\r\\ ä -c app.b=c '],
      ['app.b', ''],
    ]),
  ])('reads %j as the server does', async (options) => {
    const settings = new Map(parseOptions(options));
    expect(await askServer(options, [...settings.keys()])).toEqual([...settings.values()]);
  });

  it.each(['-c', '-c app.a=b -c', '-c geqo', '--geqo', 'geqo=off', '-', '\\', '-c app.a=b c'])(
    'refuses %j with 42601 as the server does',
    async (options) => {
      await expect(askServer(options, ['geqo'])).rejects.toMatchObject({ code: '42601' });
      expect(() => parseOptions(options)).toThrow(expect.objectContaining({ sqlState: '42601' }));
    },
  );

  it.each(['-c=', '-c =x', '--=x'])('refuses %j, which the server refuses too', async (options) => {
    await expect(askServer(options, ['geqo'])).rejects.toThrow('unrecognized configuration parameter ""');
    expect(() => parseOptions(options)).toThrow('requires a parameter name');
  });
});
