import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyName, anyText, expectNoOtherError } from '../arbitraries.testing.ts';
import { GprxyError } from '../errors.ts';
import { parseDsn } from './parse-dsn.ts';

const anyHost = { targetSessionAttrs: 'any', loadBalanceHosts: false };
const verifyFull = { mode: 'verify-full', negotiation: 'postgres' };

/** The error that `dsn` ends in, as text that would reach a log. */
function errorOf(dsn: string): GprxyError {
  try {
    parseDsn(dsn);
  } catch (error) {
    if (error instanceof GprxyError) return error;
    throw error;
  }
  throw new Error(`accepted ${dsn}`);
}

describe('parseDsn', () => {
  it('reads all parts, percent-encoded or not', () => {
    expect(parseDsn('postgresql://al%40corp:p%40%2F%3A%23@db.example:6432/my%20db?application_name=a%26b+c')).toEqual({
      host: 'db.example',
      port: 6432,
      hosts: [{ host: 'db.example', port: 6432 }],
      user: 'al@corp',
      password: 'p@/:#',
      database: 'my db',
      tls: verifyFull,
      ...anyHost,
      parameters: new Map([['application_name', 'a&b+c']]),
    });
  });

  it('is strict where the DSN says nothing: port 5432, verify-full, the authorities of the system', () => {
    expect(parseDsn('postgres://db.example')).toEqual({
      host: 'db.example',
      port: 5432,
      hosts: [{ host: 'db.example', port: 5432 }],
      tls: verifyFull,
      ...anyHost,
      parameters: new Map(),
    });
  });

  it.each([
    ['postgresql://[::1]', '::1', 5432],
    ['postgresql://[2001:DB8::1]:6432/x', '2001:db8::1', 6432],
    ['postgresql://192.0.2.7:1', '192.0.2.7', 1],
    ['postgresql://DB.Example:65535', 'db.example', 65535],
    ['postgresql://my_db', 'my_db', 5432],
    ['postgresql://größe.example', 'xn--gre-6ka8i.example', 5432],
    ['POSTGRESQL://db.example', 'db.example', 5432],
    ['postgresql://u:a@b@db.example', 'db.example', 5432],
  ])('reads the address of %s', (dsn, host, port) => {
    expect(parseDsn(dsn)).toMatchObject({ host, port });
  });

  it('reads several hosts, and which of them is wanted', () => {
    const dsn = 'postgresql://u:p@a,[::1]:6432,c:1/x?target_session_attrs=read-write&load_balance_hosts=random';
    expect(parseDsn(dsn)).toMatchObject({
      host: 'a',
      port: 5432,
      hosts: [
        { host: 'a', port: 5432 },
        { host: '::1', port: 6432 },
        { host: 'c', port: 1 },
      ],
      user: 'u',
      targetSessionAttrs: 'read-write',
      loadBalanceHosts: true,
    });
  });

  it.each([
    ['sslmode=verify-full', verifyFull],
    ['sslmode=verify-full&sslrootcert=system', verifyFull],
    ['sslmode=verify-full&sslrootcert=/etc/ca%20x.pem', { ...verifyFull, rootCertFile: '/etc/ca x.pem' }],
    ['sslmode=verify-ca&sslrootcert=ca.pem', { ...verifyFull, mode: 'verify-ca', rootCertFile: 'ca.pem' }],
    ['sslmode=require', { ...verifyFull, mode: 'require' }],
    ['sslmode=disable', { ...verifyFull, mode: 'disable' }],
    ['sslnegotiation=direct', { ...verifyFull, negotiation: 'direct' }],
    ['sslcert=c.pem&sslkey=k.pem', { ...verifyFull, certFile: 'c.pem', keyFile: 'k.pem' }],
  ])('reads %s', (query, tls) => {
    expect(parseDsn(`postgresql://db.example?${query}`).tls).toEqual(tls);
  });

  it('reads startup parameters and the timeout', () => {
    const query = 'options=-c%20geqo%3Doff&client_encoding=UTF8&connect_timeout=10&replication=database';
    expect(parseDsn(`postgresql://db.example/?${query}`)).toMatchObject({
      connectTimeoutMs: 10_000,
      parameters: new Map([
        ['client_encoding', 'UTF8'],
        ['options', '-c geqo=off'],
        ['replication', 'database'],
      ]),
    });
  });

  it('reads back every DSN that is percent-encoded', () => {
    fc.assert(
      fc.property(anyName, anyName, anyText, (user, password, application) => {
        const [u, p, a] = [user, password, application].map(encodeURIComponent);
        expect(parseDsn(`postgresql://${u}:${p}@[::1]:1/x?application_name=${a}`)).toEqual({
          host: '::1',
          port: 1,
          hosts: [{ host: '::1', port: 1 }],
          user,
          password,
          database: 'x',
          tls: verifyFull,
          ...anyHost,
          parameters: new Map([['application_name', application]]),
        });
      }),
    );
  });

  it.each(['allow', 'prefer'])('refuses sslmode=%s and says why', (mode) => {
    expect(errorOf(`postgresql://db.example?sslmode=${mode}`)).toMatchObject({
      code: 'ERR_DSN',
      message: `invalid DSN: sslmode=${mode} goes on without encryption when somebody on the way says so`,
      hint: 'Use sslmode=verify-full, or sslmode=disable where the network is trusted.',
    });
  });

  it.each([
    ['', 'it does not start with "postgresql://"'],
    ['host=db.example user=alice', 'it does not start with "postgresql://"'],
    ['postgresql:db.example', 'it does not start with "postgresql://"'],
    ['mysql://db.example', 'it does not start with "postgresql://"'],
    ['postgresql://', 'it names no host'],
    ['postgresql:///sales', 'it names no host'],
    ['postgresql://alice@/sales', 'it is not a URL'],
    ['postgresql://%2Fvar%2Frun/sales', 'its host is a Unix socket'],
    ['postgresql://a,/sales', 'it names no host'],
    ['postgresql://a,b:x/sales', 'it is not a URL'],
    ['postgresql://a,b:0/sales', 'its port is 0'],
    ['postgresql://db.example:x', 'it is not a URL'],
    ['postgresql://db.example:65536', 'it is not a URL'],
    ['postgresql://db.example:0', 'its port is 0'],
    ['postgresql://[::g]', 'it is not a URL'],
    ['postgresql://a b', 'it is not a URL'],
    ['postgresql://a%20b', 'its host is not a name or an address'],
    ['postgresql://u%ff@db.example', 'the user is not percent-encoded UTF-8'],
    ['postgresql://u:%@db.example', 'the password is not percent-encoded UTF-8'],
    ['postgresql://db.example/%zz', 'the database is not percent-encoded UTF-8'],
    ['postgresql://u%00@db.example', 'the user holds a NUL character'],
    ['postgresql://db.example?options=%00', 'parameter "options" holds a NUL character'],
    ['postgresql://db.example?sslmode', 'a parameter has no "="'],
    ['postgresql://db.example?sslmode=no', 'sslmode is none of disable, require, verify-ca, verify-full'],
    ['postgresql://db.example?sslmode=', 'sslmode is none of disable, require, verify-ca, verify-full'],
    ['postgresql://db.example?sslMode=disable', 'parameter is unknown'],
    ['postgresql://db.example?sslmode=disable&sslmode=verify-full', 'parameter "sslmode" stands twice'],
    [
      'postgresql://db.example?target_session_attrs=master',
      'target_session_attrs is none of any, read-write, read-only, primary, standby, prefer-standby',
    ],
    ['postgresql://db.example?load_balance_hosts=on', 'load_balance_hosts is none of disable, random'],
    ['postgresql://db.example?gssencmode=disable', 'parameter "gssencmode" is unknown'],
    ['postgresql://db.example?password=x', 'the password is a parameter'],
    ['postgresql://db.example?sslnegotiation=x', 'sslnegotiation is neither postgres nor direct'],
    [
      'postgresql://db.example?sslnegotiation=direct&sslmode=disable',
      'sslnegotiation=direct contradicts sslmode=disable',
    ],
    [
      'postgresql://db.example?sslmode=verify-ca',
      'sslmode=verify-ca without sslrootcert would trust every server that has a public certificate',
    ],
    [
      'postgresql://db.example?sslmode=verify-ca&sslrootcert=system',
      'sslmode=verify-ca without sslrootcert would trust every server that has a public certificate',
    ],
    ['postgresql://db.example?sslmode=require&sslrootcert=x', 'sslrootcert has no effect with sslmode=require'],
    ['postgresql://db.example?sslmode=require&sslrootcert=system', 'sslrootcert has no effect with sslmode=require'],
    ['postgresql://db.example?sslmode=disable&sslrootcert=x', 'sslrootcert has no effect with sslmode=disable'],
    ['postgresql://db.example?sslcert=x', 'of sslcert and sslkey only one is given'],
    ['postgresql://db.example?sslmode=disable&sslcert=x&sslkey=y', 'sslcert has no effect with sslmode=disable'],
    ['postgresql://db.example?connect_timeout=0', 'connect_timeout is not a number of seconds, 1 to 999999'],
    ['postgresql://db.example#x', '"@" or "#" stands behind the host'],
    ['postgresql://u:1/2@db.example', '"@" or "#" stands behind the host'],
    ['postgresql://u:1?2@db.example', '"@" or "#" stands behind the host'],
    ['postgresql://u:1#2@db.example', '"@" or "#" stands behind the host'],
  ])('refuses %j', (dsn, reason) => {
    expect(errorOf(dsn)).toMatchObject({ code: 'ERR_DSN', message: `invalid DSN: ${reason}` });
  });

  it('says which parameter was probably meant, and which there are where none is near', () => {
    expect(errorOf('postgresql://db.example?sslrotcert=x').hint).toBe('Did you mean "sslrootcert"?');
    expect(errorOf('postgresql://db.example?keepalives=1').hint).toMatch(/^Known are: application_name, /);
  });

  it('S18 shows no password in an error, however it is written', () => {
    const password = fc
      .string({ minLength: 6, unit: fc.constantFrom(...'7Q@/?#&=:%[] ') })
      .filter((text) => /7.*Q/.test(text));
    const dsn = fc.constantFrom(
      (secret: string) => `postgresql://u:${secret}@db.example/x`,
      (secret: string) => `postgresql://u:${secret}@db.example/x?y=z`,
      (secret: string) => `postgresql://u@db.example/x?password=${secret}`,
      (secret: string) => `${secret}`,
    );
    fc.assert(
      fc.property(dsn, password, (write, secret) => {
        try {
          parseDsn(write(secret));
        } catch (error) {
          const { message, hint, detail, cause } = error as GprxyError;
          expect(`${message} ${hint} ${detail} ${cause}`).not.toContain('7');
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('S25 answers any text with a DSN or an error', () => {
    const piece = fc.constantFrom(
      'postgresql://',
      '@',
      ':',
      '/',
      '?',
      '=',
      '&',
      '#',
      '%',
      '[',
      ']',
      ',',
      'x',
      '5',
      'sslmode',
    );
    const text = fc.oneof(
      anyText,
      fc.array(piece).map((pieces) => `postgresql://${pieces.join('')}`),
    );
    fc.assert(
      fc.property(text, (dsn) => expectNoOtherError(() => parseDsn(dsn))),
      { numRuns: 1_000 },
    );
  });
});
