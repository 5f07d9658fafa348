import { isIP } from 'node:net';
import { USERS_GROUP } from '../identity/privileged-logins.ts';
import { UsageError } from '../usage-error.ts';

export interface HbaOptions {
  readonly databases: readonly string[];
  /** As hbaAddress() returns it. */
  readonly gatewayAddress: string;
}

export interface IdentOptions {
  /** server_version_num / 10000. */
  readonly serverVersion: number;
  /** The common name of the gateway's client certificate. */
  readonly gatewayName: string;
  /** All members of the group. */
  readonly members: readonly string[];
}

/**
 * Lines for pg_hba.conf, before all others that match these people: by the gateway's certificate, and in no other way,
 * so that a password that somebody sets for himself opens nothing.
 */
export function hbaLines({ databases, gatewayAddress }: HbaOptions): string[] {
  const names = databases.map(quoteName).join(',');
  return [
    `hostssl ${names} +${USERS_GROUP} ${gatewayAddress} cert map=gprxy`,
    `local all +${USERS_GROUP} reject`,
    `host all +${USERS_GROUP} all reject`,
  ];
}

/** Lines for pg_ident.conf. A group stands for its members from version 16 on. */
export function identLines({ serverVersion, gatewayName, members }: IdentOptions): string[] {
  const gateway = quoteName(gatewayName);
  if (serverVersion >= 16) return [`gprxy ${gateway} +${USERS_GROUP}`];
  return members.map((member) => `gprxy ${gateway} ${quoteName(member)}`);
}

/**
 * A word of pg_hba.conf or pg_ident.conf. Quoted, it has no special meaning (`all`, `+group`, `@file`); a quote in it is
 * written twice. Errors: UsageError, for what no quotes help against.
 */
export function quoteName(name: string): string {
  if (name.startsWith('/')) throw inexpressible(name, 'begins with "/", which makes it a regular expression');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f]/.test(name)) throw inexpressible(name, 'has control characters in it');
  const isPlain = /^[a-z_][a-z0-9_-]*$/i.test(name) && !/^(all|sameuser|samerole|samegroup|replication)$/i.test(name);
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`;
}

function inexpressible(name: string, problem: string): UsageError {
  return new UsageError(`no line of pg_hba.conf or pg_ident.conf can name ${JSON.stringify(name)}: it ${problem}`);
}

/** `10.0.0.5` as `10.0.0.5/32`; networks, host names and `all`, `samehost`, `samenet` as they are. Errors: UsageError. */
export function hbaAddress(text: string): string {
  const [address = '', bits, ...more] = text.split('/');
  const maxBits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (maxBits > 0 && bits === undefined) return `${address}/${maxBits}`;
  if (maxBits > 0 && more.length === 0 && /^\d{1,3}$/.test(bits ?? '') && Number(bits) <= maxBits) return text;
  // A name never ends in digits alone: that is an address with something wrong.
  if (/^\.?([a-z0-9_-]+\.)*[a-z0-9_-]*[a-z][a-z0-9_-]*$/i.test(text)) return text;
  throw new UsageError(`"${text}" is no address for pg_hba.conf`, 'It looks like 10.0.0.5, 10.0.0.0/24 or all.');
}
