import { describe, expect, it } from 'vitest';
import { hbaAddress, hbaLines, identLines, quoteName } from './access-lines.ts';

const options = {
  serverVersion: 18,
  gatewayName: 'gprxy-gateway',
  gatewayAddress: '10.0.0.5/32',
  databases: ['sales', 'all'],
  members: ['alice@corp.example', 'bob'],
};

it('lets people in by the certificate and in no other way', () => {
  expect(hbaLines(options)).toEqual([
    'hostssl sales,"all" +gprxy_users 10.0.0.5/32 cert map=gprxy',
    'local all +gprxy_users reject',
    'host all +gprxy_users all reject',
  ]);
});

it('maps the certificate to the group from 16 on, and to each person before', () => {
  expect(identLines(options)).toEqual(['gprxy gprxy-gateway +gprxy_users']);
  expect(identLines({ ...options, serverVersion: 16 })).toEqual(['gprxy gprxy-gateway +gprxy_users']);
  expect(identLines({ ...options, serverVersion: 15 })).toEqual([
    'gprxy gprxy-gateway "alice@corp.example"',
    'gprxy gprxy-gateway bob',
  ]);
});

describe('quoteName', () => {
  it.each([
    ['sales', 'sales'],
    ['gprxy-gateway', 'gprxy-gateway'],
    ['_x9', '_x9'],
    ['all', '"all"'],
    ['Replication', '"Replication"'],
    ['sameuser', '"sameuser"'],
    ['+gprxy_users', '"+gprxy_users"'],
    ['@/etc/passwd', '"@/etc/passwd"'],
    ['a b', '"a b"'],
    ['a,b', '"a,b"'],
    ['a#b', '"a#b"'],
    ['a\\', '"a\\"'],
    ['é', '"é"'],
    ['say "x"', '"say ""x"""'],
    ['', '""'],
  ])('%j is %s', (name, quoted) => {
    expect(quoteName(name)).toBe(quoted);
  });

  it.each(['/^.*$', 'a\nhost all all all trust', 'a\0b', 'a\rb'])('refuses %j, which no quotes can tame', (name) => {
    expect(() => quoteName(name)).toThrow('no line of pg_hba.conf');
  });
});

describe('hbaAddress', () => {
  it.each([
    ['10.0.0.5', '10.0.0.5/32'],
    ['::1', '::1/128'],
    ['10.0.0.0/24', '10.0.0.0/24'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['all', 'all'],
    ['samehost', 'samehost'],
    ['gateway.corp.example', 'gateway.corp.example'],
    ['.corp.example', '.corp.example'],
  ])('%s is %s', (text, address) => {
    expect(hbaAddress(text)).toBe(address);
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.5/33',
    '10.0.0.5/',
    '10.0.0.5/8/8',
    '::1/129',
    'a b',
    'all trust',
    'a\nb',
    '10.0.0.256',
    'x/8',
  ])('refuses %j', (text) => {
    expect(() => hbaAddress(text)).toThrow('is no address');
  });
});
